/** How the page looks. Text is at least 11 pixels high. */
export const pageStyle = `
* { box-sizing: border-box }
html, body { height: 100%; margin: 0 }
body { display: flex; flex-direction: column; font: 13px/1.4 system-ui, sans-serif; color: #1b1f24; background: #fff }
header { padding: 8px 12px; border-bottom: 1px solid #d0d7de }
h1 { display: inline; font-size: 16px; margin: 0 16px 0 0 }
header .fact { margin-right: 16px; color: #57606a; white-space: nowrap }
header .fact b { color: #1b1f24; font-weight: 500 }
#verdict, .mark { color: #a40e26; background: #ffebe9; border-left: 4px solid #cf222e; padding: 4px 8px; margin: 6px 0 0;
  white-space: pre-wrap; overflow-wrap: anywhere }
#notes { color: #7d4e00; background: #fff8c5; padding: 4px 8px; margin: 6px 0 0 }
#tools { display: flex; flex-wrap: wrap; gap: 4px; align-items: center; padding: 6px 12px; border-bottom: 1px solid #d0d7de;
  background: #f6f8fa }
#tools .gap { width: 12px }
button { font: inherit; padding: 2px 8px; border: 1px solid #d0d7de; border-radius: 5px; background: #fff; cursor: pointer }
button:disabled { color: #8c959f }
button[aria-pressed=true] { background: #0969da; color: #fff }
#search { font: inherit; width: 180px; padding: 2px 6px; border: 1px solid #8c959f; border-radius: 5px }
#slider { width: 180px }
#position, #hits { min-width: 84px; color: #57606a }
#main { flex: 1; display: flex; min-height: 0 }
#diagram { flex: 1; display: flex; flex-direction: column; min-width: 0 }
#header { height: 44px; border-bottom: 1px solid #d0d7de; flex: none; display: block }
#scroll { flex: 1; overflow: auto; min-height: 0 }
#size { position: relative }
#drawing { position: sticky; top: 0; left: 0; display: block; cursor: default }
#overview { position: relative; width: 14px; flex: none; background: #f6f8fa; border-left: 1px solid #d0d7de; cursor: pointer }
#overview i { position: absolute; left: 0; right: 0; height: 3px; margin-top: -1px }
#overview .hit { background: #d4a72c } #overview .marked { background: #cf222e } #overview .current { background: #0969da }
#panel { width: 380px; flex: none; overflow: auto; padding: 8px 12px; border-left: 1px solid #d0d7de }
#panel h2 { font-size: 14px; margin: 4px 0; overflow-wrap: anywhere } #panel h3 { font-size: 13px; margin: 12px 0 4px }
#panel .band { background: #eaeef2; padding: 2px 8px; margin: 4px 0 }
table { border-collapse: collapse; width: 100%; font: 12px/1.4 ui-monospace, Menlo, Consolas, monospace }
th { text-align: left; font-weight: 400; color: #57606a; vertical-align: top; padding: 1px 8px 1px 4px; max-width: 150px; min-width: 76px;
  overflow-wrap: anywhere }
td { overflow-wrap: anywhere; padding: 1px 4px; white-space: pre-wrap }
details { border: 1px solid #d0d7de; border-radius: 5px; margin: 4px 0 } details.changed { border-color: #bf8700 }
summary { padding: 2px 8px; background: #f6f8fa; cursor: pointer; overflow-wrap: anywhere; font-weight: 500 }
.changed summary { background: #fff8c5 }
tr.old td { text-decoration: line-through; background: #ffebe9 } tr.new td { background: #dafbe1 }
svg text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1b1f24 }
text.lane { text-anchor: middle } text.lane.group { font-weight: 700; cursor: pointer }
text.label { paint-order: stroke; stroke: #fff; stroke-width: 3px; stroke-linejoin: round; pointer-events: none }
text.label.delivered, text.label.disk { fill: #57606a } text.label.dropped { fill: #a40e26 }
text.label.failure, text.label.violation { fill: #a40e26; font-weight: 700 } text.label.node, text.label.network { fill: #6639ba }
text.place { text-anchor: end; fill: #57606a; font-size: 11px }
rect.gutter { fill: #fff }
line.lane { stroke: #d8dee4 } line.lane.group { stroke: #afb8c1 } line.border { stroke: #d0d7de; stroke-dasharray: 2 4 }
.row.current { fill: #ddf4ff } .row.marked { fill: #ffebe9 } .row.hit { fill: #fff8c5 }
.band.down { fill: #24292f; opacity: .22 } .band.paused { fill: #bf8700; opacity: .2 } .band.partition { fill: #bc4c00; opacity: .75 }
.arrow { stroke: #8c959f; stroke-width: 1 } .arrow.lost { stroke: #cf222e; stroke-dasharray: 4 3 }
.arrow.again { stroke: #bf5b00; stroke-dasharray: 8 2 }
.tiny * { shape-rendering: crispEdges } .tiny .arrow.arrow.arrow { stroke-dasharray: none }
.head-message { fill: #6e7781 } .head-lost { fill: #cf222e } .head-again { fill: #bf5b00 }
.event { fill: #0969da } .event.sent { fill: #fff; stroke: #0969da } .event.delivered { fill: #8c959f }
.event.dropped { fill: none; stroke: #cf222e; stroke-width: 2 } .event.duplicated, .event.reordered { fill: #bf5b00 }
.event.disk { fill: #afb8c1 } .event.node, .event.network { fill: #8250df } .event.failure, .event.violation { fill: #cf222e }
.operation { fill: #54aeff } .operation.marked { fill: #cf222e } .operation.open { fill-opacity: .35; stroke: #54aeff; stroke-dasharray: 3 3 }
.operation.open.marked { stroke: #cf222e }
`
