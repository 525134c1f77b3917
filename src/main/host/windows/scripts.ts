/**
 * What PowerShell is asked. 5.1, which every Windows has, and 7 understand these alike. A script is one argument of `-Command`;
 * nothing but numbers varies in it, and it has no double quote, which would have to be hidden from the command line.
 *
 * Each prints one object: `Tcp`, `Udp` (sockets), `Processes`, `Users` (of some of these), `BootId`.
 */
const beginning = [
  "$ErrorActionPreference = 'SilentlyContinue';",
  '[Console]::OutputEncoding = [Text.Encoding]::UTF8;',
  '$tcp = @(); $udp = @(); $all = @(); $pids = @();',
].join(' ');

const sockets = ['Tcp = @(Get-NetTCPConnection -State Listen', 'Udp = @(Get-NetUDPEndpoint']
  .map((command) => `$${command} | Select-Object LocalAddress, LocalPort, OwningProcess);`)
  .join(' ');

const allProcesses = '$all = @(Get-CimInstance Win32_Process);';

/** One question to the system for each process, so only for those in `$pids`. */
const users = [
  '$users = @($all | Where-Object { $pids -contains $_.ProcessId } | ForEach-Object {',
  '$o = Invoke-CimMethod -InputObject $_ -MethodName GetOwner;',
  "@{ ProcessId = $_.ProcessId; User = $(if ($o.User) { $o.Domain + '\\' + $o.User }) } });",
].join(' ');

const answer = [
  "$key = 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management\\PrefetchParameters';",
  "$started = @{ n = 'Started'; e = { if ($_.CreationDate) { $_.CreationDate.ToUniversalTime().ToString('o') } } };",
  '$processes = @($all | Select-Object ProcessId, ParentProcessId, Name, ExecutablePath, CommandLine, $started);',
  '@{ Tcp = $tcp; Udp = $udp; Processes = $processes; Users = $users; BootId = (Get-ItemProperty $key).BootId }',
  '| ConvertTo-Json -Compress -Depth 3',
].join(' ');

/** Sockets alone. */
export const socketsScript = script(sockets);

/** Sockets, every process, and the users behind the sockets of the given ports; of all ports when null. */
export function ownersScript(ports: readonly number[] | null): string {
  const wanted = ports === null ? '' : ` | Where-Object { @(${numbers(ports)}) -contains $_.LocalPort }`;
  const holders = `$pids = @(@($tcp) + @($udp)${wanted} | ForEach-Object { $_.OwningProcess } | Sort-Object -Unique);`;
  return script(sockets, allProcesses, holders);
}

/** Every process, and the users of the given ones. */
export function processesScript(pids: readonly number[]): string {
  return script(allProcesses, `$pids = @(${numbers(pids)});`);
}

/** One process, to see whether it still is the same. */
export function processScript(pid: number): string {
  return script(`$all = @(Get-CimInstance Win32_Process -Filter 'ProcessId = ${numbers([pid])}');`);
}

function script(...parts: string[]): string {
  return [beginning, ...parts, users, answer].join(' ');
}

function numbers(values: readonly number[]): string {
  return values.filter((value) => Number.isSafeInteger(value)).join(', ');
}
