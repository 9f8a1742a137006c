import { Keys } from "@/ui/keys";
import { Dialog } from "@/ui/overlay";

const GROUPS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Anywhere",
    [
      ["/", "Search"],
      ["mod+k", "Command palette"],
      ["g f", "Fleet"],
      ["g r", "Runs"],
      ["g i", "Incidents"],
      ["g e", "Issues"],
      ["g o", "On-call"],
      ["g w", "Gateway"],
      ["g m", "Monitors"],
      ["g b", "Objectives and their budgets"],
      ["g d", "Inquiries: replays, forks, bisects"],
      ["g t", "Cases: runs kept as tests"],
      ["g s", "Sessions"],
      ["g c", "Connect an agent"],
      ["g ,", "Settings"],
      ["?", "This list"],
    ],
  ],
  [
    "Lists",
    [
      ["j", "Next row"],
      ["k", "Previous row"],
      ["enter", "Open"],
      ["x", "Choose for comparing"],
      [".", "Show new runs"],
    ],
  ],
  [
    "Issues",
    [
      ["e", "Resolve, or open again"],
      ["m", "Mute, or unmute"],
      ["a", "Assign"],
    ],
  ],
  [
    "Incidents",
    [
      ["a", "Acknowledge"],
      ["m", "Mitigated"],
      ["e", "Resolve"],
      ["r", "Reopen"],
      ["n", "Write a note"],
      ["c", "New incident, in the list"],
    ],
  ],
  [
    "On-call",
    [
      ["[", "Earlier"],
      ["]", "Later"],
      ["t", "Today"],
    ],
  ],
  [
    "A run",
    [
      ["j", "Next step"],
      ["k", "Previous step"],
      ["h", "Fold"],
      ["l", "Unfold"],
      ["e", "Next error or finding"],
      ["s", "First suspicious step"],
      ["o", "Say the outcome"],
      ["r", "Replay"],
      ["f", "Fork from the step"],
      ["b", "Find the step"],
      ["c", "Make a case"],
      ["w", "Why it failed"],
      ["v", "Verdict in full"],
      ["[", "Fold all"],
      ["]", "Unfold all"],
    ],
  ],
];

export function ShortcutHelp({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts" width="max-w-2xl">
      <div className="grid gap-6 sm:grid-cols-2">
        {GROUPS.map(([name, rows]) => (
          <section key={name}>
            <h3 className="mb-1.5 text-2xs font-medium text-muted">{name}</h3>
            <dl>
              {rows.map(([keys, what]) => (
                <div key={keys} className="flex items-center justify-between py-1 text-xs">
                  <dt>{what}</dt>
                  <dd>
                    <Keys value={keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
