import type { ComponentProps, ReactNode } from "react";
import { cx } from "./classes";
import { Hint } from "./tooltip";

type Look = "primary" | "plain" | "ghost" | "danger";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong border-transparent font-medium",
  plain: "bg-surface text-text border-line-strong hover:bg-hover shadow-card",
  ghost: "bg-transparent text-muted border-transparent hover:bg-hover hover:text-text",
  danger: "bg-surface text-bad border-line-strong hover:bg-bad-soft",
};

export interface ButtonProps extends ComponentProps<"button"> {
  look?: Look;
  size?: "sm" | "md";
}

export function buttonClass(look: Look = "plain", size: "sm" | "md" = "sm"): string {
  return cx(
    "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border whitespace-nowrap transition-colors select-none disabled:cursor-not-allowed disabled:opacity-50",
    size === "sm" ? "h-7 px-2.5 text-xs" : "h-8 px-3 text-sm",
    LOOKS[look],
  );
}

export function Button({ look = "plain", size = "sm", className, ...rest }: ButtonProps) {
  return <button type="button" className={cx(buttonClass(look, size), className)} {...rest} />;
}

interface IconButtonProps extends ComponentProps<"button"> {
  label: string;
  keys?: string;
  /** sm: 24 px, for use within lines; the smallest that WCAG 2.2 allows. */
  size?: "sm" | "md";
  children: ReactNode;
}

/** A button that shows only an icon: its label is read aloud and shown on hover. */
export function IconButton({ label, keys, size = "md", className, children, ...rest }: IconButtonProps) {
  return (
    <Hint text={label} keys={keys}>
      <button
        type="button"
        aria-label={label}
        className={cx(
          "inline-flex shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-text disabled:cursor-not-allowed disabled:opacity-40",
          size === "sm" ? "size-6 [&_svg]:size-3.5" : "size-7 [&_svg]:size-4",
          className,
        )}
        {...rest}
      >
        {children}
      </button>
    </Hint>
  );
}
