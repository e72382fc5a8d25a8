/** An event of a stream (HTML standard, section 9.2). */
export interface ServerEvent {
  type: string; // "message" unless it was named
  data: string;
  id: string; // of this or the last event that had one
}

/** Feeds on text in any pieces, gives whole events. */
export class SseParser {
  private rest = '';
  private type = '';
  private data: string[] = [];
  private id = '';

  push(text: string): ServerEvent[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.line(line) ?? []);
  }

  private line(line: string): ServerEvent | undefined {
    if (line === '') return this.dispatch();
    if (line.startsWith(':')) return undefined;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.type = value;
    if (field === 'data') this.data.push(value);
    if (field === 'id' && !value.includes('\0')) this.id = value;
    return undefined;
  }

  private dispatch(): ServerEvent | undefined {
    const event = { type: this.type || 'message', data: this.data.join('\n'), id: this.id };
    const empty = this.data.length === 0;
    this.type = '';
    this.data = [];
    return empty ? undefined : event;
  }
}
