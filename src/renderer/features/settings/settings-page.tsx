import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { contract } from '#shared/contract/contract.ts';
import type { ConflictSettings, ProgramRule } from '#shared/contract/settings.ts';
import { CommandLine } from '../../components/command-line.tsx';
import { Page } from '../../components/page.tsx';
import { SettingsParts } from '../../components/settings-parts.tsx';
import { ErrorState, SkeletonRows } from '../../components/states.tsx';
import { commandLines } from '../../lib/commands.ts';
import { policyWords } from '../../lib/policy-words.ts';
import { operationQuery } from '../../lib/query.ts';
import { PolicyChoice } from './policy-choice.tsx';
import { ProgramRules } from './program-rules.tsx';
import { usePutSettings } from './put-settings.ts';
import { ruleWords, withoutRule, withRule } from './rule-words.ts';

function Block({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-3 border-b px-5 py-5 last:border-b-0">
      <div>
        <h2 className="font-medium">{title}</h2>
        <p className="text-soft">{text}</p>
      </div>
      {children}
    </section>
  );
}

type ListName = 'mayEnd' | 'protect';

function Rules({ settings, list, none }: { settings: ConflictSettings; list: ListName; none: string }) {
  const put = usePutSettings();
  const may = list === 'mayEnd';
  const change = (rules: ProgramRule[], title: string, command: string) =>
    put.mutate({ next: { ...settings, [list]: rules }, title, command });
  return (
    <ProgramRules
      label={may ? 'programs that may be ended' : 'protected programs'}
      rules={settings[list]}
      none={none}
      disabled={put.isPending}
      commandOf={commandLines[list]}
      onAdd={(rule) =>
        change(
          withRule(settings[list], rule),
          may ? `Taking a port over may end ${ruleWords(rule)}` : `CLOS never ends ${ruleWords(rule)}`,
          commandLines[list](rule, false),
        )
      }
      onRemove={(rule) =>
        change(
          withoutRule(settings[list], rule),
          may ? `${ruleWords(rule)} is no longer ended` : `${ruleWords(rule)} is no longer protected`,
          commandLines[list](rule, true),
        )
      }
    />
  );
}

function Conflicts({ settings }: { settings: ConflictSettings }) {
  const put = usePutSettings();
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <Block title="When a port is taken" text="For every service that says nothing else.">
        <PolicyChoice
          value={settings.onConflict}
          disabled={put.isPending}
          onChange={(onConflict) =>
            put.mutate({
              next: { ...settings, onConflict },
              title: `When a port is taken: ${policyWords[onConflict].label}`,
              command: commandLines.onConflict(onConflict),
            })
          }
        />
        <CommandLine command={commandLines.onConflict(settings.onConflict)} className="max-w-[640px] justify-between" />
      </Block>
      <Block
        title="Programs that may be ended"
        text="Only these are ended when a service takes its port over. No other program is ever ended unless you choose it."
      >
        <Rules settings={settings} list="mayEnd" none="None: taking over ends no program." />
      </Block>
      <Block
        title="Protected programs"
        text="CLOS never ends these, whoever asks. The system's own are always among them."
      >
        <Rules settings={settings} list="protect" none="None beside the system's own." />
      </Block>
    </div>
  );
}

/** What CLOS does by itself. Each change is saved at once and can be undone. */
export function SettingsPage() {
  const settings = useQuery(operationQuery(contract.settings.conflicts));
  return (
    <Page title="Settings">
      <SettingsParts />
      {settings.data !== undefined ? (
        <Conflicts settings={settings.data} />
      ) : settings.isPending ? (
        <SkeletonRows rows={6} />
      ) : (
        <ErrorState error={settings.error} onRetry={() => void settings.refetch()} />
      )}
    </Page>
  );
}
