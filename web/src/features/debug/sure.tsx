import { Button } from "@/ui/button";
import { Dialog } from "@/ui/overlay";

interface SureProps {
  title: string;
  what: string;
  act: string;
  pending: boolean;
  onAct: () => void;
  onClose: () => void;
}

/** Asks once before something is gone. */
export function Sure({ title, what, act, pending, onAct, onClose }: SureProps) {
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={title} description={what}>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Keep it</Button>
        <Button look="danger" disabled={pending} onClick={onAct}>
          {act}
        </Button>
      </div>
    </Dialog>
  );
}
