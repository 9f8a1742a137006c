"""Every way of telling somebody, in one visible table."""

from __future__ import annotations

from roadworthy.backends.notifiers.alertmanager import ALERTMANAGER
from roadworthy.backends.notifiers.email import EMAIL
from roadworthy.backends.notifiers.pagerduty import PAGERDUTY
from roadworthy.backends.notifiers.slack import SLACK
from roadworthy.backends.notifiers.webhook import WEBHOOK
from roadworthy.contracts.notifier import NotifierKind

NOTIFIERS: tuple[NotifierKind, ...] = (PAGERDUTY, SLACK, EMAIL, WEBHOOK, ALERTMANAGER)
