/** In the order in which they come, as the dashboard names them. */
export const STATUSES = ['received', 'reserved', 'rejected', 'notified', 'cancelled'];

export function toneOf(status: string): 'good' | 'bad' | 'warn' | 'plain' {
  switch (status.toLowerCase()) {
    case 'reserved':
    case 'notified':
      return 'good';
    case 'rejected':
      return 'bad';
    case 'cancelled':
      return 'warn';
    default:
      return 'plain';
  }
}
