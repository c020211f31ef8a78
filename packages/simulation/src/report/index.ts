/** A run as one HTML file: a space-time diagram in which one goes back and forth in time. */
export type { ReportLimits } from './report-data.ts'
export { reportHtml } from './report-html.ts'
export type {
  ReportActor,
  ReportBand,
  ReportEvent,
  ReportEventKind,
  ReportHistory,
  ReportOperation,
  ReportState,
  RunReport,
} from './run-report.ts'
export { type RecordedRun, type SimulationReportOptions, simulationReport } from './simulation-report.ts'
