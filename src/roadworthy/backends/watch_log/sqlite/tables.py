"""The tables of DATA/watch.db."""

from __future__ import annotations

VERSION = 1

SCHEMA = """
CREATE TABLE entries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  agent TEXT NOT NULL,
  recorded_ns INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX entries_by_project ON entries (project, seq);
CREATE INDEX entries_by_agent ON entries (project, agent, seq);
CREATE TABLE ids (
  number INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  key BLOB NOT NULL,
  at_ns INTEGER NOT NULL,
  recorded_ns INTEGER NOT NULL,
  said TEXT NOT NULL,
  UNIQUE (project, key)
);
CREATE TABLE words (
  project TEXT NOT NULL,
  run_id TEXT NOT NULL,
  recorded_ns INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (project, run_id, seq)
) WITHOUT ROWID;
CREATE INDEX words_by_time ON words (recorded_ns);
CREATE TABLE projects (
  project TEXT PRIMARY KEY,
  position INTEGER NOT NULL DEFAULT 0,
  done INTEGER NOT NULL DEFAULT 0,
  watched_ns INTEGER NOT NULL DEFAULT 0,
  horizon_ns INTEGER NOT NULL DEFAULT 0,
  too_old INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE parts (
  project TEXT NOT NULL,
  name TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (project, name)
);
CREATE TABLE alarms (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  id TEXT NOT NULL,
  source TEXT NOT NULL,
  agent TEXT NOT NULL,
  at_ns INTEGER NOT NULL,
  cleared_ns INTEGER NOT NULL,
  revision INTEGER NOT NULL DEFAULT 1,
  taken INTEGER NOT NULL DEFAULT 0,
  body BLOB NOT NULL,
  UNIQUE (project, id)
);
CREATE INDEX alarms_waiting ON alarms (number) WHERE taken < revision;
CREATE INDEX alarms_by_time ON alarms (project, at_ns, id);
CREATE TABLE ticks (
  project TEXT NOT NULL,
  width_ns INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  monitor TEXT NOT NULL,
  n INTEGER NOT NULL,
  total REAL NOT NULL,
  peak REAL NOT NULL,
  baseline REAL NOT NULL,
  PRIMARY KEY (project, width_ns, start_ns, monitor)
) WITHOUT ROWID;
"""
