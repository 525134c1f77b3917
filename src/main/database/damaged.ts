/** A file that is no sound database. The message is one clause: "the file is empty". */
export class Damaged extends Error {
  override readonly name: string = 'Damaged';
}

/** The log has lost something; what SQLite reads up to there is whole. */
export class LogDamaged extends Damaged {}
