import { Outlet, useNavigate } from "@tanstack/react-router";
import { Menu as MenuIcon, Unplug } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { connectLive, useLiveState } from "@/client/live";
import { useProject } from "@/client/project";
import { useLiveDebug } from "@/features/debug/live";
import { IconButton } from "@/ui/button";
import { Dialog } from "@/ui/overlay";
import { Logo } from "@/ui/shell/logo";
import { useShortcuts } from "@/ui/shortcuts";
import { ShortcutHelp } from "./shortcut-help";
import { Sidebar } from "./sidebar";

const Palette = lazy(() => import("./palette").then((module) => ({ default: module.Palette })));

/** What surrounds every page: navigation, live connection, keyboard. */
export function Shell() {
  const project = useProject();
  const navigate = useNavigate();
  const [drawer, setDrawer] = useState(false);
  const [help, setHelp] = useState(false);
  const [palette, setPalette] = useState(false);
  useEffect(() => connectLive(project), [project]);
  useLiveDebug(project);
  useShortcuts({
    "g f": () => void navigate({ to: "/" }),
    "g r": () => void navigate({ to: "/runs" }),
    "g i": () => void navigate({ to: "/incidents" }),
    "g e": () => void navigate({ to: "/issues" }),
    "g o": () => void navigate({ to: "/on-call" }),
    "g m": () => void navigate({ to: "/monitors" }),
    "g w": () => void navigate({ to: "/gateway" }),
    "g b": () => void navigate({ to: "/objectives" }),
    "g d": () => void navigate({ to: "/inquiries" }),
    "g t": () => void navigate({ to: "/cases" }),
    "g s": () => void navigate({ to: "/sessions" }),
    "g c": () => void navigate({ to: "/connect" }),
    "g ,": () => void navigate({ to: "/settings/$section", params: { section: "projects" } }),
    "/": () => focusSearch() || void navigate({ to: "/search" }),
    "?": () => setHelp(true),
    "mod+k": () => setPalette(true),
  });
  return (
    <div className="flex h-full flex-col md:flex-row">
      <a
        href="#content"
        className="absolute -top-20 left-2 z-50 rounded-md bg-raised px-3 py-1.5 shadow-pop focus:top-2"
      >
        Skip to content
      </a>
      <header className="flex h-11 shrink-0 items-center gap-2 border-b border-line bg-canvas px-3 md:hidden">
        <IconButton label="Menu" onClick={() => setDrawer(true)}>
          <MenuIcon />
        </IconButton>
        <Logo />
        <span className="font-semibold tracking-[-0.01em]">Roadworthy</span>
      </header>
      <aside className="hidden w-52 shrink-0 border-r border-line bg-canvas md:block">
        <Sidebar onPalette={() => setPalette(true)} onHelp={() => setHelp(true)} />
      </aside>
      <main id="content" tabIndex={-1} className="min-h-0 min-w-0 flex-1 outline-none">
        <Outlet />
      </main>
      <Dialog open={drawer} onOpenChange={setDrawer} title="Roadworthy" width="max-w-xs">
        <div onClick={() => setDrawer(false)} role="presentation" className="-mx-3">
          <Sidebar onPalette={() => setPalette(true)} onHelp={() => setHelp(true)} />
        </div>
      </Dialog>
      <Disconnected />
      <ShortcutHelp open={help} onOpenChange={setHelp} />
      {palette ? (
        <Suspense>
          <Palette onClose={() => setPalette(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}

/** Says that what is on the screen may be old, without moving any of it. */
function Disconnected() {
  const lost = useLiveState() === "lost";
  return (
    <div role="status" className="pointer-events-none fixed inset-x-0 bottom-4 z-30 flex justify-center px-4">
      {lost ? (
        <p className="flex items-center gap-2 rounded-lg bg-raised px-3.5 py-2 text-xs text-text shadow-pop">
          <Unplug className="size-3.5 shrink-0 text-bad" aria-hidden />
          <span>
            <b className="font-semibold">Not connected.</b> What you see may be old; trying again.
          </span>
        </p>
      ) : null}
    </div>
  );
}

/** The page's own search box, where it has one. */
function focusSearch(): boolean {
  const box = document.querySelector<HTMLInputElement>("[data-search]");
  box?.focus();
  box?.select();
  return box !== null;
}
