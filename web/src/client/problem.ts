/** What the server says when it refuses: RFC 9457 problem details. */
interface ProblemBody {
  title?: string;
  detail?: string;
  status?: number;
  code?: string;
  errors?: { field?: string; message?: string }[];
}

/** A field that was not taken, and why. */
export interface FieldFault {
  field: string;
  message: string;
}

/** The one error the page knows; `message` is fit to be read by a person. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** By field, where the server said so. */
  readonly errors: readonly FieldFault[];

  constructor(message: string, { status = 0, code = "", errors = [] }: { status?: number; code?: string; errors?: readonly FieldFault[] } = {}) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  static fromBody(body: unknown, status: number): Problem {
    const problem: ProblemBody = typeof body === "object" && body !== null ? body : {};
    const fields = (problem.errors ?? [])
      .map((each) => [each.field, each.message].filter(Boolean).join(": "))
      .filter(Boolean)
      .join("; ");
    const message = [problem.detail ?? problem.title ?? `The server answered ${status}`, fields].filter(Boolean).join(" · ");
    const errors = (problem.errors ?? []).map(({ field = "", message: why = "" }) => ({ field, message: why }));
    return new Problem(message, { status, code: problem.code ?? (status ? `HTTP ${status}` : ""), errors });
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
