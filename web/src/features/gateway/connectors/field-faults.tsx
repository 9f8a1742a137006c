import { CircleAlert } from "lucide-react";
import { Problem } from "@/client/problem";
import { FailedLine } from "@/ui/states";

/** What the server did not take, a line for each field. */
export function FieldFaults({ error, under = "body." }: { error: unknown; under?: string }) {
  if (!error) return null;
  const { errors } = Problem.from(error);
  if (!errors.length) return <FailedLine error={error} />;
  return (
    <div role="alert">
      <ul aria-label="Not accepted" className="flex flex-col gap-1 text-xs text-bad">
        {errors.map(({ field, message }) => (
          <li key={`${field} ${message}`} className="flex items-start gap-1.5">
            <CircleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden />
            <span className="min-w-0 [overflow-wrap:anywhere]">
              <code className="font-mono text-2xs font-medium">{field.startsWith(under) ? field.slice(under.length) : field}</code> {message}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
