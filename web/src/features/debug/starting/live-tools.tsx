import { useState } from "react";
import { Button } from "@/ui/button";
import { Input } from "@/ui/form";

interface LiveToolsProps {
  /** Those the run called. */
  tools: readonly string[];
  chosen: readonly string[];
  onChange: (tools: readonly string[]) => void;
}

/** Which tools may really be called; none, unless somebody says so. */
export function LiveTools({ tools, chosen, onChange }: LiveToolsProps) {
  const [other, setOther] = useState("");
  const all = [...new Set([...tools, ...chosen])];
  const add = () => {
    const name = other.trim();
    if (name && !chosen.includes(name)) onChange([...chosen, name]);
    setOther("");
  };
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1 text-xs font-medium">Tools that may really be called</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {all.map((tool) => (
          <label key={tool} className="flex min-h-6 items-center gap-1.5 font-mono text-xs">
            <input type="checkbox" className="accent-(--accent)" checked={chosen.includes(tool)} onChange={(event) => onChange(event.target.checked ? [...chosen, tool] : chosen.filter((each) => each !== tool))} /> {tool}
          </label>
        ))}
      </div>
      <div className="flex gap-1.5">
        <Input
          aria-label="Another tool"
          className="max-w-64 font-mono"
          placeholder="connector.tool, or connector.*"
          value={other}
          onChange={(event) => setOther(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <Button disabled={!other.trim()} onClick={add}>
          Add
        </Button>
      </div>
    </fieldset>
  );
}
