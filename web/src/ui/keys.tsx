/** "g r" or "mod+k", drawn as key caps. */
export function Keys({ value }: { value: string }) {
  const mac = /mac/i.test(navigator.userAgent);
  return (
    <span className="inline-flex gap-0.5">
      {value.split(" ").map((key) => (
        <kbd
          key={key}
          className="inline-flex h-4 min-w-4 items-center justify-center rounded border border-line-strong bg-sunken px-1 font-sans text-[10px] leading-none text-muted"
        >
          {key.replace("mod+", mac ? "⌘" : "Ctrl ").replace("enter", "↵").replace("esc", "Esc")}
        </kbd>
      ))}
    </span>
  );
}
