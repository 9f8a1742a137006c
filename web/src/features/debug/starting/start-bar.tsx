import { Button } from "@/ui/button";

interface StartBarProps {
  /** What has to be said first; "" where nothing is missing. */
  missing: string;
  pending: boolean;
  act: string;
  onClose: () => void;
}

/** The foot of every dialog that starts something. */
export function StartBar({ missing, pending, act, onClose }: StartBarProps) {
  return (
    <div className="flex flex-wrap items-center justify-end gap-2">
      {missing ? <p className="mr-auto text-2xs text-muted">Still missing: {missing}.</p> : null}
      <Button onClick={onClose}>Cancel</Button>
      <Button type="submit" look="primary" disabled={Boolean(missing) || pending}>
        {act}
      </Button>
    </div>
  );
}
