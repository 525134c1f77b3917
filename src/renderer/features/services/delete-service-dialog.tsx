import { useMutation } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import type { Service } from '#shared/contract/services.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { commandLines } from '../../lib/commands.ts';
import { client } from '../../lib/connection.ts';
import { listWords } from '../../lib/format.ts';
import { markStale } from '../../lib/invalidator.ts';
import { showToast } from '../../lib/toasts.ts';
import { operationEnd } from '../../lib/watch-operation.ts';

/** What becomes of what runs. */
function endOf({ runtime, name, status }: Service): string[] {
  const down = status === 'stopped' || status === 'created' || status === 'failed';
  const stops = down ? [] : [`${name} stops`];
  switch (runtime.type) {
    case 'container':
      if (runtime.observed === null) return stops;
      return [...stops, `the container ${runtime.observed.containerName} is removed; named volumes stay`];
    case 'process':
      return stops;
    case 'external':
      return [`CLOS no longer watches ${name}; whoever runs it goes on`];
  }
}

/** What removing a service does, in the order in which it happens. */
function stepsOf(service: Service): string[] {
  const ports = service.endpoints.flatMap(({ lease }) => (lease === null ? [] : [`:${lease.port}`]));
  return [
    ...endOf(service),
    ...(ports.length === 0 ? [] : [`${listWords(ports)} ${ports.length === 1 ? 'becomes' : 'become'} free for others`]),
    'its history stays',
  ];
}

interface DeleteProps {
  service: Service;
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteServiceDialog({ service, onClose, onDeleted }: DeleteProps) {
  const removal = useMutation({
    mutationFn: async () =>
      operationEnd(await client.services.delete({ id: service.id }, { ifMatch: service.revision, waitSeconds: 10 })),
    onSuccess: (operation) => {
      if (operation.status !== 'succeeded') {
        const detail = operation.error?.detail;
        showToast({ tone: 'failed', title: `${service.name} could not be deleted`, ...(detail && { detail }) });
        onClose();
        return;
      }
      markStale([contract.services.list.id, contract.ports.map.id]);
      showToast({ tone: 'plain', title: `${service.name} was deleted`, command: commandLines.delete(service.name) });
      onDeleted();
    },
  });
  return (
    <Dialog
      title={`Delete ${service.name}`}
      onClose={onClose}
      footer={
        <>
          <CommandLine command={commandLines.delete(service.name)} className="mr-auto" />
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" disabled={removal.isPending} onClick={() => removal.mutate()}>
            Delete
          </Button>
        </>
      }
    >
      <p className="mb-2">This cannot be undone. What happens:</p>
      <ul className="flex list-disc flex-col gap-1 pl-5 text-soft">
        {stepsOf(service).map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ul>
      {removal.isError && (
        <div className="mt-4">
          <InlineProblem error={removal.error} />
        </div>
      )}
    </Dialog>
  );
}
