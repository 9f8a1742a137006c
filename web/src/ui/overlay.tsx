import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { Menu as BaseMenu } from "@base-ui/react/menu";
import { Popover as BasePopover } from "@base-ui/react/popover";
import { X } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { cx } from "./classes";

const PANEL = "rounded-lg bg-raised text-text shadow-pop outline-none motion-safe:animate-[pop-in_120ms_ease-out]";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  width?: string;
}

export function Dialog({ open, onOpenChange, title, description, children, width = "max-w-md" }: DialogProps) {
  return (
    <BaseDialog.Root open={open} onOpenChange={onOpenChange}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="fixed inset-0 z-40 bg-black/35" />
        <BaseDialog.Popup
          className={cx(
            PANEL,
            "fixed top-[12vh] left-1/2 z-50 max-h-[78vh] w-[calc(100vw-2rem)] -translate-x-1/2 overflow-y-auto p-5",
            width,
          )}
        >
          <div className="mb-3 flex items-start justify-between gap-4">
            <div>
              <BaseDialog.Title className="text-base font-semibold">{title}</BaseDialog.Title>
              {description ? (
                <BaseDialog.Description className="mt-0.5 text-xs text-muted">{description}</BaseDialog.Description>
              ) : null}
            </div>
            <BaseDialog.Close
              aria-label="Close"
              className="-mt-1 -mr-1 inline-flex size-7 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text"
            >
              <X className="size-4" aria-hidden />
            </BaseDialog.Close>
          </div>
          {children}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

interface PopoverProps {
  trigger: ReactElement;
  children: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  align?: "start" | "center" | "end";
  className?: string;
  label: string;
}

export function Popover({ trigger, children, open, onOpenChange, align = "start", className, label }: PopoverProps) {
  return (
    <BasePopover.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange } : {})}>
      <BasePopover.Trigger render={trigger} />
      <BasePopover.Portal>
        <BasePopover.Positioner sideOffset={6} align={align} className="z-40">
          <BasePopover.Popup aria-label={label} className={cx(PANEL, "max-h-[70vh] max-w-[calc(100vw-1rem)] overflow-auto p-2", className)}>
            {children}
          </BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  );
}

export function Menu({ trigger, children, align = "start" }: { trigger: ReactElement; children: ReactNode; align?: "start" | "end" }) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner sideOffset={6} align={align} className="z-40">
          <BaseMenu.Popup className={cx(PANEL, "min-w-44 p-1")}>{children}</BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

interface MenuItemProps {
  onClick: () => void;
  children: ReactNode;
  checked?: boolean;
  danger?: boolean;
}

export function MenuItem({ onClick, children, checked, danger }: MenuItemProps) {
  return (
    <BaseMenu.Item
      onClick={onClick}
      className={cx(
        "flex h-7 cursor-default items-center gap-2 rounded px-2 text-xs outline-none select-none data-highlighted:bg-hover [&_svg]:size-3.5 [&_svg]:text-muted",
        danger && "text-bad",
      )}
    >
      {children}
      {checked ? <span className="ml-auto text-accent">✓</span> : null}
    </BaseMenu.Item>
  );
}
