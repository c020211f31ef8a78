/** What the demo prints: headings, and lines below them. */

export function sayHeading(text: string): void {
  console.log(`\n${text}`)
}

export function say(text: string): void {
  console.log(`   ${text}`)
}
