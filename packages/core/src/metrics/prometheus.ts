/** Metrics in Prometheus' text format, version 0.0.4. */
import type { HistogramData } from './histogram.ts'
import type { SystemMetrics } from './metrics-data.ts'

type Labels = Readonly<Record<string, string>>

/**
 * The metrics as the text that Prometheus scrapes, times in seconds.
 *
 *     response.setHeader('content-type', 'text/plain; version=0.0.4')
 *     response.end(prometheusText(await system.metrics()))
 */
export function prometheusText({ nodes }: SystemMetrics): string {
  const families = new Map<string, string[]>()
  const line = (type: string, name: string, suffix: string, labels: Labels, value: number) => {
    const lines = families.get(name) ?? [`# TYPE troupe_${name} ${type}`]
    families.set(name, lines)
    const list = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
    lines.push(`troupe_${name}${suffix}{${list.join(',')}} ${value}`)
  }
  const counter = (name: string, labels: Labels, value: number) => line('counter', `${name}_total`, '', labels, value)
  const gauge = (name: string, labels: Labels, value: number) => line('gauge', name, '', labels, value)
  const histogram = (name: string, labels: Labels, { buckets, count, sum }: HistogramData, scale: number) => {
    let below = 0
    for (const [upTo, inBucket] of buckets) {
      below += inBucket
      line('histogram', name, '_bucket', { ...labels, le: String(upTo * scale) }, below)
    }
    line('histogram', name, '_bucket', { ...labels, le: '+Inf' }, count)
    line('histogram', name, '_sum', labels, sum * scale)
    line('histogram', name, '_count', labels, count)
  }
  for (const { node, epoch, deadLetters, asks, definitions, thread } of nodes) {
    gauge('node_epoch', { node }, epoch)
    for (const [reason, count] of Object.entries(deadLetters)) counter('dead_letters', { node, reason }, count)
    gauge('asks_open', { node }, asks.open)
    for (const [outcome, count] of Object.entries(asks.ended)) counter('asks_ended', { node, outcome }, count)
    for (const metrics of definitions) {
      const labels = { node, definition: metrics.definition }
      counter('turns', labels, metrics.turns)
      counter('actors_spawned', labels, metrics.spawned)
      counter('failures', labels, metrics.failures)
      counter('restarts', labels, metrics.restarts)
      gauge('actors', labels, metrics.living)
      gauge('mailbox_waiting', labels, metrics.waiting)
      gauge('mailbox_oldest_seconds', labels, metrics.oldestWaitingMs / 1_000)
      histogram('turn_seconds', labels, metrics.turnMs, 1 / 1_000)
      histogram('mailbox_depth', labels, metrics.mailboxDepth, 1)
      histogram('mailbox_age_seconds', labels, metrics.mailboxAgeMs, 1 / 1_000)
    }
    if (thread === undefined) continue
    counter('thread_spins', { node }, thread.spins)
    counter('thread_parkings', { node }, thread.parkings)
    counter('thread_wakes', { node }, thread.wakes)
    for (const peer of thread.peers) {
      const labels = { node, peer: peer.node }
      counter('channel_messages_out', labels, peer.messagesOut)
      counter('channel_bytes_out', labels, peer.bytesOut)
      counter('channel_messages_in', labels, peer.messagesIn)
      counter('channel_bytes_in', labels, peer.bytesIn)
      gauge('channel_pending', labels, peer.pending)
    }
  }
  return [...families.values()].map((lines) => `${lines.join('\n')}\n`).join('')
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
