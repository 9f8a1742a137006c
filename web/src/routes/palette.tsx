import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Activity, Bot, CalendarClock, CircleAlert, FileCheck2, GitFork, LayoutGrid, MessagesSquare, Plug, Radar, Repeat, Rewind, Search, SearchCheck, Settings, Siren, Target, Waypoints, type LucideIcon } from "lucide-react";
import { useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { useProject } from "@/client/project";
import { agentFilter } from "@/features/observe/links";
import { fleetQuery, viewsQuery } from "@/features/observe/queries";
import { parseSearch } from "@/client/search-params";
import { cx } from "@/ui/classes";
import { useRevealed } from "@/ui/reveal";
import { chooseTheme } from "@/ui/theme";
import { runSearch, runsSearch, type RunSearch } from "./search";

interface Command {
  id: string;
  icon: LucideIcon;
  label: string;
  hint?: string | undefined;
  run: () => void;
}

/** Of one command, px. */
const ROW = 32;

const RUN_ID = /^[0-9a-f]{32}(-[0-9a-f]{16})?$/;

/** What executes the run again that is looked at. */
function runCommands(open: (search: RunSearch) => void, step: boolean): Command[] {
  return [
    { id: "run replay", icon: Repeat, label: "Replay this run", hint: "r", run: () => open({ again: "replay", at: undefined }) },
    { id: "run fork", icon: GitFork, label: step ? "Fork from this step" : "Fork this run", hint: step ? "f" : undefined, run: () => open({ again: "fork", at: undefined }) },
    { id: "run bisect", icon: SearchCheck, label: "Find the step that made this run fail", hint: "b", run: () => open({ again: "bisect", at: undefined }) },
    { id: "run case", icon: FileCheck2, label: "Make a case of this run", hint: "c", run: () => open({ again: "case", at: undefined }) },
    { id: "run why", icon: SearchCheck, label: "Why this run failed", hint: "w", run: () => open({ pane: "why", span: undefined, tab: undefined, mark: undefined }) },
  ];
}

/** Jump anywhere: pages, agents, saved views, a run by its id, or a search for what was typed. */
export function Palette({ onClose }: { onClose: () => void }) {
  const project = useProject();
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const { runId } = useParams({ strict: false });
  const { span } = useSearch({ strict: false });
  const listId = useId();
  const fleet = useQuery(fleetQuery(project, {}));
  const views = useQuery(viewsQuery(project));
  const commands = useMemo(() => {
    const pages: Command[] = [
      { id: "fleet", icon: LayoutGrid, label: "Fleet", hint: "g f", run: () => void navigate({ to: "/" }) },
      { id: "runs", icon: Activity, label: "Runs", hint: "g r", run: () => void navigate({ to: "/runs" }) },
      { id: "incidents", icon: Siren, label: "Incidents", hint: "g i", run: () => void navigate({ to: "/incidents" }) },
      { id: "on-call", icon: CalendarClock, label: "On-call", hint: "g o", run: () => void navigate({ to: "/on-call" }) },
      { id: "monitors", icon: Radar, label: "Monitors", hint: "g m", run: () => void navigate({ to: "/monitors" }) },
      { id: "gateway", icon: Waypoints, label: "Gateway", hint: "g w", run: () => void navigate({ to: "/gateway" }) },
      { id: "objectives", icon: Target, label: "Objectives", hint: "g b", run: () => void navigate({ to: "/objectives" }) },
      { id: "issues", icon: CircleAlert, label: "Issues", hint: "g e", run: () => void navigate({ to: "/issues" }) },
      { id: "inquiries", icon: Rewind, label: "Inquiries", hint: "g d", run: () => void navigate({ to: "/inquiries" }) },
      { id: "cases", icon: FileCheck2, label: "Cases", hint: "g t", run: () => void navigate({ to: "/cases" }) },
      { id: "sessions", icon: MessagesSquare, label: "Sessions", hint: "g s", run: () => void navigate({ to: "/sessions" }) },
      { id: "connect", icon: Plug, label: "Connect an agent", hint: "g c", run: () => void navigate({ to: "/connect" }) },
      ...(["projects", "keys", "prices", "channels", "silences", "register", "outcomes", "detectors", "evaluators", "judges", "rejudge", "endpoints", "rejected", "storage", "server"] as const).map(
        (section): Command => ({ id: section, icon: Settings, label: `Settings: ${section}`, run: () => void navigate({ to: "/settings/$section", params: { section } }) }),
      ),
      ...(["light", "dark", "system"] as const).map((theme): Command => ({ id: theme, icon: Settings, label: `Colours: ${theme}`, run: () => chooseTheme(theme) })),
    ];
    const ofRun = runId ? runCommands((search) => void navigate({ to: "/runs/$runId", params: { runId }, search: (old) => ({ ...runSearch({ ...old }), ...search }) }), span !== undefined) : [];
    const agents = (fleet.data?.items ?? []).map(
      (row): Command => ({
        id: `agent ${row.agent ?? ""}`,
        icon: Bot,
        label: row.agent ?? "unnamed",
        hint: row.agent ? "quality of this agent" : "runs without an agent",
        run: () => void (row.agent ? navigate({ to: "/agents/$agent", params: { agent: row.agent } }) : navigate({ to: "/runs", search: { filter: [agentFilter(null)] } })),
      }),
    );
    const saved = (views.data?.items ?? []).map(
      (view): Command => ({
        id: `view ${view.id}`,
        icon: Activity,
        label: view.name,
        hint: "saved view",
        run: () => void navigate({ to: "/runs", search: { ...runsSearch(parseSearch(view.query)), view: view.id } }),
      }),
    );
    return [...ofRun, ...pages.slice(0, 11), ...agents, ...saved, ...pages.slice(11)];
  }, [fleet.data, views.data, navigate, runId, span]);
  const words = typed.trim();
  const found = commands.filter((command) => command.label.toLowerCase().includes(words.toLowerCase()));
  const asked: Command[] = !words
    ? []
    : RUN_ID.test(words)
      ? [{ id: "run", icon: Activity, label: `Open run ${words}`, run: () => void navigate({ to: "/runs/$runId", params: { runId: words } }) }]
      : [{ id: "search", icon: Search, label: `Search inputs and outputs for “${words}”`, run: () => void navigate({ to: "/search", search: { q: words } }) }];
  const shown = RUN_ID.test(words) ? asked : [...found, ...asked];
  const active = Math.min(at, shown.length - 1);
  const list = useRef<HTMLUListElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtual list's own state; nothing here is memoised on it
  const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => list.current, estimateSize: () => ROW, overscan: 8, paddingStart: 6, paddingEnd: 6, initialRect: { width: 560, height: 400 } });
  useRevealed(list, active, { row: ROW, before: 6 });
  const take = (command: Command | undefined) => {
    onClose();
    command?.run();
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) {
      event.preventDefault();
      setAt((active + step + Math.max(1, shown.length)) % Math.max(1, shown.length));
    }
    if (event.key === "Enter") take(shown[active]);
  };
  return (
    <BaseDialog.Root open onOpenChange={(open) => !open && onClose()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="fixed inset-0 z-40 bg-black/30" />
        <BaseDialog.Popup
          aria-label="Command palette"
          className="fixed top-[14vh] left-1/2 z-50 w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-xl bg-raised shadow-pop outline-none motion-safe:animate-[pop-in_120ms_ease-out]"
        >
          <div className="flex items-center gap-2.5 border-b border-line px-4">
            <Search className="size-4 text-muted" aria-hidden />
            <input
              autoFocus
              role="combobox"
              aria-expanded
              aria-controls={listId}
              aria-activedescendant={shown[active] ? `${listId}-${active}` : undefined}
              aria-label="Search or jump to"
              placeholder="Search, jump to a page or an agent, or paste a run id"
              className="h-11 flex-1 bg-transparent text-base outline-none"
              value={typed}
              onChange={(event) => {
                setTyped(event.target.value);
                setAt(0);
              }}
              onKeyDown={onKey}
            />
          </div>
          <ul id={listId} role="listbox" aria-label="Commands" ref={list} className="relative max-h-[46vh] overflow-auto">
            <li role="presentation" aria-hidden style={{ height: virtual.getTotalSize() }} />
            {virtual.getVirtualItems().map(({ index, start }) => {
              const command = shown[index];
              return command ? (
              <li
                key={command.id}
                id={`${listId}-${index}`}
                role="option"
                aria-selected={index === active}
                aria-setsize={shown.length}
                aria-posinset={index + 1}
                style={{ transform: `translateY(${start}px)`, height: ROW }}
                className={cx("absolute inset-x-1.5 top-0 flex cursor-pointer items-center gap-2.5 rounded-md px-2.5", index === active && "bg-selected")}
                onMouseMove={() => setAt(index)}
                onClick={() => take(command)}
              >
                <command.icon className="size-4 shrink-0 text-muted" aria-hidden />
                <span className="truncate">{command.label}</span>
                {command.hint ? <span className="ml-auto shrink-0 text-xs text-faint">{command.hint}</span> : null}
              </li>
              ) : null;
            })}
          </ul>
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}
