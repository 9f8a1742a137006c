/** The mark: a road on a sign. */
export function Logo({ className = "size-5" }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden>
      <rect width="32" height="32" rx="8" fill="#1f5fd0" />
      <path d="M12.6 6h6.8l5.1 20H7.5z" fill="#fff" />
      <path d="M16 8.5v3M16 14v4M16 21v4" stroke="#1f5fd0" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
