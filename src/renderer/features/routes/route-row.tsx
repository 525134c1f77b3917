import { localDomain, type Route, type RouteTarget, type RouteTraffic } from '#shared/contract/routes.ts';
import { Badge } from '../../components/badge.tsx';
import { Cell, HeadCell } from '../../components/cells.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { UrlLink } from '../../components/url-link.tsx';
import { listWords } from '../../lib/format.ts';
import { type RouteState, routeState, targetLabel } from '../../lib/route-words.ts';
import { useConflictDialog } from '../../lib/use-conflict-dialog.ts';
import { msWords, shortNumber } from './traffic-words.ts';

/** The columns of the list, for its head and its rows; in a narrow page the checkout, then the traffic steps back. */
export function routeColumns(withTraffic: boolean): string {
  const narrow = 'grid-cols-[minmax(130px,1.2fr)_minmax(90px,1fr)_minmax(90px,1fr)]';
  return withTraffic
    ? `gap-x-4 ${narrow} @min-[640px]/page:grid-cols-[minmax(150px,1.3fr)_minmax(100px,1fr)_minmax(110px,1.2fr)_64px_56px_72px] @min-[860px]/page:grid-cols-[minmax(160px,1.3fr)_minmax(120px,1.1fr)_minmax(130px,1.4fr)_minmax(80px,0.7fr)_64px_56px_72px]`
    : `gap-x-4 ${narrow} @min-[640px]/page:grid-cols-[minmax(150px,1.3fr)_minmax(100px,1fr)_minmax(110px,1.2fr)_72px] @min-[860px]/page:grid-cols-[minmax(160px,1.3fr)_minmax(120px,1.1fr)_minmax(130px,1.4fr)_minmax(80px,0.7fr)_72px]`;
}
const onlyMiddle = 'hidden @min-[640px]/page:block';
const onlyWide = 'hidden @min-[860px]/page:block';
const figure = `text-right tabular-nums ${onlyMiddle}`;

export function RouteHead({ withTraffic }: { withTraffic: boolean }) {
  return (
    <>
      <HeadCell>Name</HeadCell>
      <HeadCell>Leads to</HeadCell>
      <HeadCell>State</HeadCell>
      <HeadCell className={onlyWide}>Checkout</HeadCell>
      {withTraffic && (
        <>
          <HeadCell className={figure}>Requests</HeadCell>
          <HeadCell className={figure} title="Of a hundred answers, 95 began within this time">
            p95
          </HeadCell>
        </>
      )}
      <HeadCell className={onlyMiddle}>Made</HeadCell>
    </>
  );
}

/** The branches whose builds answer, each once; a checkout without a branch by its folder. */
function checkouts(targets: readonly RouteTarget[]): { words: string; roots: string } {
  const known = targets.flatMap(({ checkout }) => checkout ?? []);
  const words = new Set(known.map(({ root, branch }) => branch ?? root.split(/[\\/]/).at(-1) ?? root));
  return { words: [...words].join(', '), roots: [...new Set(known.map(({ root }) => root))].join(', ') };
}

function LeadsTo({ targets }: Pick<Route, 'targets'>) {
  const [first] = targets;
  if (first === undefined) return <span className="text-faint">–</span>;
  return targets.map((target, index) => (
    <span key={targetLabel(target)}>
      {index > 0 && <span className="text-faint">, </span>}
      <span className={target.draining ? 'text-faint' : ''}>{targetLabel(target)}</span>
      {target.draining && <span className="text-faint"> (draining)</span>}
    </span>
  ));
}

function State({ state: { words, conflictId }, active }: { state: RouteState; active: boolean }) {
  const dialog = useConflictDialog();
  if (conflictId === null) return words;
  return (
    <button
      type="button"
      tabIndex={active ? 0 : -1}
      title={`${words}. Show the conflict`}
      className="max-w-full truncate align-bottom text-conflict hover:underline"
      onClick={() => dialog.open(conflictId)}
    >
      {words}
    </button>
  );
}

interface RouteRowProps {
  route: Route;
  /** Null where it cannot be had. */
  traffic: ReadonlyMap<string, RouteTraffic> | null;
  withTraffic: boolean;
  active: boolean;
}

export function RouteRow({ route, traffic, withTraffic, active }: RouteRowProps) {
  const { name, path, url, targets, kind } = route;
  const state = routeState(route);
  const own = traffic?.get(route.id);
  const { words: branches, roots } = checkouts(targets);
  const leads = listWords(targets.map(targetLabel));
  return (
    <>
      <Cell className="flex min-w-0 items-center gap-2.5">
        <StatusGlyph status={state.glyph} />
        <UrlLink url={url} tabStop={active} className="min-w-0 truncate">
          <span className="font-medium">{name}</span>
          <span>.{localDomain}</span>
          {path !== '/' && <span className="font-medium">{path}</span>}
        </UrlLink>
      </Cell>
      <Cell className="truncate" title={leads}>
        <LeadsTo targets={targets} />
      </Cell>
      <Cell className="truncate text-soft" title={state.words}>
        <State state={state} active={active} />
      </Cell>
      <Cell className={`truncate text-faint ${onlyWide}`} title={roots}>
        {branches === '' ? '–' : branches}
      </Cell>
      {withTraffic && (
        <>
          <Cell className={`text-soft ${figure}`}>{own === undefined ? '–' : shortNumber(own.requests)}</Cell>
          <Cell className={`text-soft ${figure}`}>{own?.responseMs == null ? '–' : msWords(own.responseMs.p95)}</Cell>
        </>
      )}
      <Cell className={`text-faint ${onlyMiddle}`}>{kind === 'custom' ? <Badge>made</Badge> : 'automatic'}</Cell>
    </>
  );
}
