/** The command line's words for what a click does. One place, so that the dashboard never shows a command that does not exist. */
export const commandLines = {
  start: (name: string) => `clos start ${name}`,
  stop: (name: string) => `clos stop ${name}`,
  restart: (name: string) => `clos restart ${name}`,
  delete: (name: string) => `clos rm ${name}`,
  logs: (name: string) => `clos logs ${name} -f`,
  resolve: (id: string, option: string) => `clos resolve ${id} --option ${option}`,
  who: (port: number) => `clos who ${port}`,
  open: () => 'clos open',
};
