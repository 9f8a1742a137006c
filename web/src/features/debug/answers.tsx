import { diffWords } from "@/features/observe/compare/diff";
import { cx } from "@/ui/classes";

interface AnswersProps {
  left: string | null;
  right: string | null;
  leftTitle: string;
  rightTitle: string;
}

/** Two answers beside each other, with the words that differ marked. */
export function Answers({ left, right, leftTitle, rightTitle }: AnswersProps) {
  // Beside an answer that is not there, nothing differs.
  const words = diffWords(left ?? right ?? "", right ?? left ?? "");
  return (
    <div className="grid md:grid-cols-2">
      <Side title={leftTitle} known={left !== null} pieces={words.left} tone="bg-bad-soft text-bad" />
      <Side title={rightTitle} known={right !== null} pieces={words.right} tone="bg-ok-soft text-ok" />
    </div>
  );
}

function Side({ title, known, pieces, tone }: { title: string; known: boolean; pieces: ReturnType<typeof diffWords>["left"]; tone: string }) {
  return (
    <section className="min-w-0 border-t border-line p-4 first:border-t-0 md:border-t-0 md:border-l md:first:border-l-0">
      <h3 className="mb-1 text-2xs font-medium text-muted">{title}</h3>
      {!known ? (
        <p className="text-xs text-faint">not known</p>
      ) : pieces.length === 0 ? (
        <p className="text-xs text-faint">nothing</p>
      ) : (
        <p className="max-h-72 overflow-y-auto text-sm [overflow-wrap:anywhere] whitespace-pre-wrap">
          {pieces.map((piece, at) => (piece.same ? <span key={at}>{piece.text}</span> : <mark key={at} className={cx("rounded-xs", tone)}>{piece.text}</mark>))}
        </p>
      )}
    </section>
  );
}
