import { Link, Outlet, type ErrorComponentProps } from "@tanstack/react-router";
import { Signpost, Unplug } from "lucide-react";
import { useEffect } from "react";
import { Problem } from "@/client/problem";
import { Button, buttonClass } from "@/ui/button";
import { Empty } from "@/ui/states";

export function Root() {
  return <Outlet />;
}

export function NotFound() {
  return (
    <main>
      <Empty whole icon={<Signpost />} title="This page does not exist" className="pt-32">
        <p>The address may be old, or a letter of it got lost.</p>
        <Link to="/" className={`${buttonClass()} mt-4`}>
          Go to the fleet
        </Link>
      </Empty>
    </main>
  );
}

/** Loads the address anew as soon as somebody answers. */
async function reloadWhenAnswered(): Promise<void> {
  try {
    await fetch("/healthz");
    window.location.reload();
  } catch {
    // Still away: what is on the screen stays.
  }
}

function Unreachable({ message }: { message: string }) {
  useEffect(() => {
    const timer = setInterval(() => void reloadWhenAnswered(), 3000);
    return () => clearInterval(timer);
  }, []);
  return (
    <div role="alert">
      <Empty icon={<Unplug />} title="This page could not be loaded" className="pt-32">
        <p>{message} It is tried again by itself.</p>
        <Button className="mt-4" onClick={() => void reloadWhenAnswered()}>
          Try again
        </Button>
      </Empty>
    </div>
  );
}

/** The last resort: the page's code did not come, or something in it broke. */
export function Crash({ error, reset }: ErrorComponentProps) {
  const problem = Problem.from(error);
  if (problem.code === "unreachable") return <Unreachable message={problem.message} />;
  return (
    <main role="alert" className="mx-auto max-w-xl px-6 pt-32 text-center">
      <h1 className="text-lg font-semibold">This page broke</h1>
      <p className="mt-1 text-sm text-muted">Your data is not affected. What went wrong:</p>
      <pre className="mt-3 overflow-x-auto rounded-lg border border-line bg-sunken p-3 text-left font-mono text-xs whitespace-pre-wrap">
        {problem.message}
      </pre>
      <div className="mt-4 flex justify-center gap-2">
        <Button onClick={reset}>Try again</Button>
        <Button onClick={() => window.location.assign("/")}>Go to the fleet</Button>
      </div>
    </main>
  );
}
