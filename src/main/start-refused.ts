/** A reason not to start that is no defect: its words are for the person, who has to do something. */
export class StartRefused extends Error {
  override readonly name: string = 'StartRefused';
}
