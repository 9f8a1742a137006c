import { useRef, useState, type ReactNode } from "react";

interface SplitProps {
  left: ReactNode;
  right: ReactNode;
  /** Under which name the width is remembered. */
  name: string;
  label: string;
}

const MIN = 28;
const MAX = 74;

function remembered(name: string): number {
  try {
    const share = Number(localStorage.getItem(`roadworthy.split.${name}`));
    return share >= MIN && share <= MAX ? share : 52;
  } catch {
    return 52; // Storage is forbidden: the usual width.
  }
}

/** Two panes beside each other with a border that can be moved; below each other on narrow screens. */
export function Split({ left, right, name, label }: SplitProps) {
  const [share, setShare] = useState(() => remembered(name));
  const frame = useRef<HTMLDivElement>(null);
  const set = (next: number) => {
    const bounded = Math.min(MAX, Math.max(MIN, next));
    setShare(bounded);
    try {
      localStorage.setItem(`roadworthy.split.${name}`, String(bounded));
    } catch {
      // Storage is forbidden: the width lasts as long as the page.
    }
  };
  return (
    <div ref={frame} className="flex h-full min-h-0 flex-col lg:flex-row" style={{ "--left": `${share}%` } as React.CSSProperties}>
      <div className="min-h-0 min-w-0 flex-1 lg:w-(--left) lg:flex-none">{left}</div>
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label={label}
        aria-valuenow={Math.round(share)}
        aria-valuemin={MIN}
        aria-valuemax={MAX}
        tabIndex={0}
        className="relative z-10 hidden w-px shrink-0 cursor-col-resize bg-line before:absolute before:inset-y-0 before:-left-1 before:w-2 hover:bg-accent focus-visible:bg-accent lg:block"
        onPointerDown={(event) => {
          event.preventDefault();
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => {
          if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
          const box = frame.current?.getBoundingClientRect();
          if (box) set(((event.clientX - box.left) / box.width) * 100);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowLeft") set(share - 2);
          if (event.key === "ArrowRight") set(share + 2);
        }}
      />
      <div className="min-h-0 min-w-0 flex-1 border-t border-line lg:border-t-0">{right}</div>
    </div>
  );
}
