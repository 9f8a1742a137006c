import { useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api } from "@/client/api";
import { queryClient } from "@/client/query";
import { Button } from "@/ui/button";
import { inputClass, Labelled } from "@/ui/form";
import { Logo } from "@/ui/shell/logo";
import { FailedLine } from "@/ui/states";
import { safeNext } from "./safe-next";

const route = getRouteApi("/login");

export function LoginPage() {
  const { next } = route.useSearch();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  useEffect(() => {
    document.title = "Log in · Roadworthy";
  }, []);
  const login = useMutation({
    mutationFn: () => api.POST("/api/v1/login", { body: { name, password } }),
    onSuccess: () => {
      queryClient.clear();
      window.location.assign(safeNext(next));
    },
  });
  return (
    <main className="flex min-h-full items-center justify-center p-6">
      <form
        className="flex w-full max-w-xs flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          login.mutate();
        }}
      >
        <div className="mb-2 flex flex-col items-center gap-3">
          <Logo className="size-10" />
          <h1 className="text-xl font-semibold tracking-[-0.02em]">Log in to Roadworthy</h1>
        </div>
        <Labelled label="Name">
          {(id) => <input id={id} autoFocus autoComplete="username" className={`${inputClass} h-9 text-sm`} value={name} onChange={(event) => setName(event.target.value)} />}
        </Labelled>
        <Labelled label="Password">
          {(id) => (
            <input
              id={id}
              type="password"
              autoComplete="current-password"
              className={`${inputClass} h-9 text-sm`}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Labelled>
        <FailedLine error={login.error} />
        <Button type="submit" look="primary" size="md" className="h-9" disabled={!name || !password || login.isPending}>
          {login.isPending ? "Logging in…" : "Log in"}
        </Button>
        <p className="text-center text-xs text-muted">
          People are added with <code className="font-mono">roadworthy people add</code>.
        </p>
      </form>
    </main>
  );
}
