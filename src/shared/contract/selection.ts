import { z } from 'zod';
import type { OperationDefinition } from './operation-definition.ts';
import type { Page } from './primitives.ts';

/** The query of what can be asked for in part: `?fields=id,name`, each of them a field of `item`. */
export function fieldsQuery(item: z.ZodObject) {
  const known = Object.keys(item.shape);
  const fields = z
    .string()
    .max(1000)
    .transform((text) => text.split(','))
    .superRefine((names, context) => {
      for (const name of names) {
        if (known.includes(name)) continue;
        context.addIssue({ code: 'custom', message: `"${name}" is no field; there are ${known.join(', ')}` });
      }
    })
    .describe(`Only these fields, with commas between: ${known.join(', ')}`);
  return { fields: fields.optional() };
}

/** What a page holds, or the thing itself. */
export type ItemOf<Output> = Output extends Page<infer Item> ? Item : Output;

/** An answer with only these fields. */
export type Selected<Output, Field extends PropertyKey> =
  Output extends Page<infer Item> ? Page<Pick<Item, Field & keyof Item>> : Pick<Output, Field & keyof Output>;

/** The schema of the items of a page; null where the output is none. */
function itemOf({ output }: OperationDefinition): z.ZodObject | null {
  const items = output instanceof z.ZodObject ? output.shape.items : undefined;
  return items instanceof z.ZodArray && items.element instanceof z.ZodObject ? items.element : null;
}

function only({ shape }: z.ZodObject, fields: readonly string[]): z.ZodObject {
  return z.object(Object.fromEntries(Object.entries(shape).filter(([name]) => fields.includes(name))));
}

/** The schema of an answer with only these fields, of an operation whose query has `fieldsQuery`. */
export function selectedOutput(operation: OperationDefinition, fields: readonly string[]): z.ZodType {
  const { output } = operation;
  if (!(output instanceof z.ZodObject)) throw new Error(`${operation.id} answers nothing that has fields`);
  const item = itemOf(operation);
  return item === null ? only(output, fields) : output.extend({ items: z.array(only(item, fields)) });
}

function pick(value: object, fields: readonly string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => fields.includes(name)));
}

/** An answer without the fields that were not asked for. */
export function selectFields(operation: OperationDefinition, answer: object, fields: readonly string[]): object {
  if (itemOf(operation) === null) return pick(answer, fields);
  const page = answer as Page<object>;
  return { ...page, items: page.items.map((item) => pick(item, fields)) };
}
