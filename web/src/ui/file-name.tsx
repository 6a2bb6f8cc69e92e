// What must be read of a name that is too long: its extension, and a few letters before it. Only letters
// that stand alone are set apart from the rest, since others change their form where they are torn.
const ending = /[\w ()-]{0,6}\.\w{1,8}$/

/** A file's name, cut in its middle where it is too long. It begins where its line does, in whatever script. */
export function FileName(props: { name: string }) {
  const tail = () => ending.exec(props.name)?.[0] ?? ''
  return (
    <span class="flex min-w-0 font-medium" title={props.name}>
      <span class="flex min-w-0 whitespace-pre" dir="auto">
        <span class="overflow-hidden text-ellipsis">{props.name.slice(0, props.name.length - tail().length)}</span>
        <span class="shrink-0">{tail()}</span>
      </span>
    </span>
  )
}
