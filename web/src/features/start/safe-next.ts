/** Where to go afterwards; only a path of this page, so that a link cannot lead elsewhere. */
export function safeNext(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) ? next : "/";
}
