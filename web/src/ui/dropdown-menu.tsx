import * as Primitive from '@kobalte/core/dropdown-menu'
import type { PolymorphicProps } from '@kobalte/core/polymorphic'
import Check from 'lucide-solid/icons/check'
import { createSignal, splitProps, type JSX, type ValidComponent } from 'solid-js'
import { cn } from './cn'

export const DropdownMenu = Primitive.Root
export const DropdownMenuTrigger = Primitive.Trigger
export const DropdownMenuGroup = Primitive.Group
export const DropdownMenuRadioGroup = Primitive.RadioGroup

type Classed = { class?: string | undefined }

const item =
  'relative flex min-h-8 select-none items-center gap-2.5 rounded-control px-2 text-body outline-none data-highlighted:bg-ink/7 data-disabled:opacity-50 pointer-coarse:min-h-11 forced-colors:data-highlighted:outline-2'

export function DropdownMenuContent<T extends ValidComponent = 'div'>(props: PolymorphicProps<T, Primitive.DropdownMenuContentProps<T> & Classed>) {
  const [local, others] = splitProps(props as Primitive.DropdownMenuContentProps & Classed, ['class'])
  const [place, setPlace] = createSignal<HTMLElement>()
  return (
    <>
      <div ref={setPlace} class="contents" />
      {/* A portal, since only what is made as it opens takes the focus; to where it
          stands, since a menu at the end of the page would be in no landmark. */}
      <Primitive.Portal mount={place()}>
        <Primitive.Content
          class={cn(
            'z-50 min-w-56 max-w-[calc(100vw-1rem)] origin-(--kb-menu-content-transform-origin) rounded-card border border-line bg-surface p-1 text-ink shadow-float outline-none data-closed:animate-pop-out data-expanded:animate-pop-in',
            local.class,
          )}
          {...others}
        />
      </Primitive.Portal>
    </>
  )
}

export function DropdownMenuItem<T extends ValidComponent = 'div'>(props: PolymorphicProps<T, Primitive.DropdownMenuItemProps<T> & Classed>) {
  const [local, others] = splitProps(props as Primitive.DropdownMenuItemProps & Classed, ['class'])
  return <Primitive.Item class={cn(item, local.class)} {...others} />
}

export function DropdownMenuRadioItem<T extends ValidComponent = 'div'>(
  props: PolymorphicProps<T, Primitive.DropdownMenuRadioItemProps<T> & Classed & { children?: JSX.Element }>,
) {
  const [local, others] = splitProps(props as Primitive.DropdownMenuRadioItemProps & Classed & { children?: JSX.Element }, ['class', 'children'])
  return (
    <Primitive.RadioItem class={cn(item, local.class)} {...others}>
      <span class="flex flex-1 items-center gap-2.5">{local.children}</span>
      <Primitive.ItemIndicator>
        <Check class="size-4 text-accent" aria-hidden="true" />
      </Primitive.ItemIndicator>
    </Primitive.RadioItem>
  )
}

export function DropdownMenuGroupLabel<T extends ValidComponent = 'span'>(props: PolymorphicProps<T, Primitive.DropdownMenuGroupLabelProps<T> & Classed>) {
  const [local, others] = splitProps(props as Primitive.DropdownMenuGroupLabelProps & Classed, ['class'])
  return <Primitive.GroupLabel class={cn('block px-2 pb-1 pt-1.5 text-day font-medium text-muted', local.class)} {...others} />
}

export function DropdownMenuSeparator<T extends ValidComponent = 'hr'>(props: PolymorphicProps<T, Primitive.DropdownMenuSeparatorProps<T> & Classed>) {
  const [local, others] = splitProps(props as Primitive.DropdownMenuSeparatorProps & Classed, ['class'])
  return <Primitive.Separator class={cn('-mx-1 my-1 border-line', local.class)} {...others} />
}
