/** How long ago, in one unit: "just now", "40 s ago", "2 min ago", "3 h ago", "5 days ago". */
export function ago(time: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(time)) / 1000));
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  const days = Math.floor(hours / 24);
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** The wall clock of this machine: "09:12" today, "23 Nov 09:12" otherwise. */
export function clockTime(time: string, now: number): string {
  const then = new Date(time);
  const clock = `${two(then.getHours())}:${two(then.getMinutes())}`;
  const today = new Date(now).toDateString() === then.toDateString();
  return today ? clock : `${then.getDate()} ${months[then.getMonth()] ?? ''} ${clock}`;
}

/** "09:12:40", for lines that follow one another. */
export function clockSeconds(time: string): string {
  const then = new Date(time);
  return `${two(then.getHours())}:${two(then.getMinutes())}:${two(then.getSeconds())}`;
}
