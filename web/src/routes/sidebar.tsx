import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import {
  Activity,
  CalendarClock,
  Check,
  ChevronsUpDown,
  CircleAlert,
  CircleHelp,
  FolderClosed,
  LayoutGrid,
  LogOut,
  MessagesSquare,
  Plug,
  Plus,
  Radar,
  Rewind,
  Search,
  Settings,
  Siren,
  Target,
  User,
  Waypoints,
  type LucideIcon,
} from "lucide-react";
import type { ReactNode } from "react";
import { api } from "@/client/api";
import { useLiveState } from "@/client/live";
import { DEFAULT_PROJECT, useProject } from "@/client/project";
import { meQuery, projectsQuery, serverQuery } from "@/features/server/queries";
import { StandingIncidents } from "@/features/watch/incidents/standing";
import { IconButton } from "@/ui/button";
import { cx } from "@/ui/classes";
import { bytes } from "@/ui/format";
import { Keys } from "@/ui/keys";
import { Menu, MenuItem } from "@/ui/overlay";
import { Logo } from "@/ui/shell/logo";
import { ThemeSwitch } from "./theme-switch";

const ITEM = "group flex h-8 items-center gap-2.5 rounded-md px-2 text-muted transition-colors hover:bg-hover hover:text-text";
const ACTIVE = "bg-hover text-text font-medium";

interface ItemProps {
  to: string;
  icon: LucideIcon;
  children: ReactNode;
  keys?: string;
  exact?: boolean;
  count?: ReactNode;
}

function Item({ to, icon: Icon, children, keys, exact, count }: ItemProps) {
  return (
    <Link
      to={to}
      className={ITEM}
      activeProps={{ className: ACTIVE }}
      activeOptions={{ exact: exact ?? false, includeSearch: false }}
    >
      <Icon className="size-4 shrink-0" aria-hidden />
      <span className="truncate">{children}</span>
      {count}
      {keys ? (
        <span className="ml-auto hidden group-hover:inline-flex">
          <Keys value={keys} />
        </span>
      ) : null}
    </Link>
  );
}

export function Sidebar({ onPalette, onHelp }: { onPalette: () => void; onHelp: () => void }) {
  return (
    <div className="flex h-full flex-col gap-1 px-2.5 py-3">
      <div className="mb-2 flex items-center gap-2 px-1.5">
        <Logo className="size-5.5" />
        <span className="text-base font-semibold tracking-[-0.015em]">Roadworthy</span>
      </div>
      <ProjectPicker />
      <button
        type="button"
        onClick={onPalette}
        className="my-2 flex h-8 items-center gap-2 rounded-md border border-line-strong bg-surface px-2 text-xs text-muted shadow-card hover:text-text"
      >
        <Search className="size-3.5" aria-hidden /> Search or jump to
        <span className="ml-auto">
          <Keys value="mod+k" />
        </span>
      </button>
      <nav aria-label="Main" className="flex flex-col gap-0.5">
        <Item to="/" icon={LayoutGrid} keys="g f" exact>
          Fleet
        </Item>
        <Item to="/runs" icon={Activity} keys="g r">
          Runs
        </Item>
        <Item to="/incidents" icon={Siren} keys="g i" count={<StandingIncidents />}>
          Incidents
        </Item>
        <Item to="/monitors" icon={Radar} keys="g m">
          Monitors
        </Item>
        <Item to="/objectives" icon={Target} keys="g b">
          Objectives
        </Item>
        <Item to="/on-call" icon={CalendarClock} keys="g o">
          On-call
        </Item>
        <Item to="/gateway" icon={Waypoints} keys="g w">
          Gateway
        </Item>
        <Item to="/issues" icon={CircleAlert} keys="g e">
          Issues
        </Item>
        <Item to="/inquiries" icon={Rewind} keys="g d">
          Inquiries
        </Item>
        <Item to="/sessions" icon={MessagesSquare} keys="g s">
          Sessions
        </Item>
        <Item to="/search" icon={Search} keys="/">
          Search
        </Item>
      </nav>
      <div className="min-h-4 flex-1" />
      <nav aria-label="Set up" className="flex flex-col gap-0.5">
        <Item to="/connect" icon={Plug} keys="g c">
          Connect an agent
        </Item>
        <Item to="/settings" icon={Settings} keys="g ,">
          Settings
        </Item>
      </nav>
      <Person />
      <div className="mt-2 flex items-center justify-between border-t border-line pt-2 pl-2">
        <Health />
        <span className="flex">
          <ThemeSwitch />
          <IconButton label="Keyboard shortcuts" keys="?" onClick={onHelp}>
            <CircleHelp />
          </IconButton>
        </span>
      </div>
    </div>
  );
}

function ProjectPicker() {
  const project = useProject();
  const { data } = useQuery(projectsQuery);
  const navigate = useNavigate();
  const choose = (id: string) =>
    void navigate({ to: "/", search: { project: id === DEFAULT_PROJECT ? undefined : id } });
  const name = data?.items.find((each) => each.id === project)?.name ?? project;
  return (
    <Menu
      trigger={
        <button type="button" className={cx(ITEM, "w-full text-text")} aria-label={`Project: ${name}`}>
          <FolderClosed className="size-4 shrink-0 text-muted" aria-hidden />
          <span className="min-w-0 flex-1 truncate text-left">{name}</span>
          <ChevronsUpDown className="size-3.5 shrink-0 text-faint" aria-hidden />
        </button>
      }
    >
      {(data?.items ?? []).map((each) => (
        <MenuItem key={each.id} onClick={() => choose(each.id)}>
          <span className="truncate">{each.name || each.id}</span>
          {each.id === project ? <Check className="ml-auto" aria-label="current" /> : null}
        </MenuItem>
      ))}
      <MenuItem onClick={() => void navigate({ to: "/settings/$section", params: { section: "projects" } })}>
        <Plus aria-hidden /> New project
      </MenuItem>
    </Menu>
  );
}

/** Who is logged in, and the way out; nothing where no login is needed. */
function Person() {
  const { data } = useQuery(meQuery);
  const logout = useMutation({
    mutationFn: () => api.POST("/api/v1/logout"),
    // Even where the server could not be told: this browser shows nothing any more.
    onSettled: () => window.location.assign("/login"),
  });
  if (data?.kind !== "person") return null;
  return (
    <Menu
      trigger={
        <button type="button" className={cx(ITEM, "mt-0.5 w-full")} aria-label={`Logged in as ${data.name}`}>
          <User className="size-4 shrink-0" aria-hidden />
          <span className="min-w-0 flex-1 truncate text-left">{data.name}</span>
          <ChevronsUpDown className="size-3.5 shrink-0 text-faint" aria-hidden />
        </button>
      }
    >
      <MenuItem onClick={() => logout.mutate()}>
        <LogOut aria-hidden /> Log out
      </MenuItem>
    </Menu>
  );
}

function Health() {
  const live = useLiveState();
  const { data, isError } = useQuery(serverQuery);
  const lost = live === "lost" || isError;
  const ill = data && !data.healthy;
  const [dot, word] = lost
    ? ["bg-bad-mark", "Not connected"]
    : ill
      ? ["bg-warn-mark", "Needs attention"]
      : live === "live"
        ? ["bg-ok", "Live"]
        : ["bg-line-strong", "Connecting"];
  const title = [
    lost ? "The server does not answer; trying again" : "",
    ...(data?.problems ?? []),
    data?.backlog_bytes ? `${bytes(data.backlog_bytes)} accepted and not yet shown` : "",
    data ? `version ${data.version}` : "",
  ]
    .filter(Boolean)
    .join(" · ");
  return (
    <Link
      to="/settings/$section"
      params={{ section: "server" }}
      title={title || undefined}
      className="flex items-center gap-2 rounded text-xs text-muted hover:text-text"
    >
      <span className={cx("size-2 rounded-full", dot)} aria-hidden />
      {word}
    </Link>
  );
}
