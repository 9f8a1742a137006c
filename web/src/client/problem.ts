/** What the server says when it refuses: RFC 9457 problem details. */
interface ProblemBody {
  title?: string;
  detail?: string;
  status?: number;
  code?: string;
  errors?: { field?: string; message?: string }[];
}

/** The one error the page knows; `message` is fit to be read by a person. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(message: string, { status = 0, code = "" }: { status?: number; code?: string } = {}) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.code = code;
  }

  static fromBody(body: unknown, status: number): Problem {
    const problem: ProblemBody = typeof body === "object" && body !== null ? body : {};
    const fields = (problem.errors ?? [])
      .map((each) => [each.field, each.message].filter(Boolean).join(": "))
      .filter(Boolean)
      .join("; ");
    const message = [problem.detail ?? problem.title ?? `The server answered ${status}`, fields].filter(Boolean).join(" · ");
    return new Problem(message, { status, code: problem.code ?? (status ? `HTTP ${status}` : "") });
  }

  /** Whatever was thrown, as a Problem. */
  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof TypeError && /fetch|network/i.test(error.message))
      return new Problem("The server does not answer. Is “roadworthy up” still running?", { code: "unreachable" });
    if (error instanceof Error) return new Problem(error.message);
    return new Problem("Something went wrong");
  }
}
