import * as Primitive from '@kobalte/core/popover'
import type { PolymorphicProps } from '@kobalte/core/polymorphic'
import { splitProps, type ValidComponent } from 'solid-js'
import { cn } from './cn'

export const Popover = Primitive.Root
export const PopoverTrigger = Primitive.Trigger
export const PopoverTitle = Primitive.Title

type Classed = { class?: string | undefined }
type Placed = { place?: Node | undefined }

/** With `place` it stands there, where the Tab key finds what comes after it; else at the page's end. */
export function PopoverContent<T extends ValidComponent = 'div'>(props: PolymorphicProps<T, Primitive.PopoverContentProps<T> & Classed & Placed>) {
  const [local, others] = splitProps(props as Primitive.PopoverContentProps & Classed & Placed, ['class', 'place'])
  return (
    <Primitive.Portal mount={local.place}>
      <Primitive.Content
        class={cn(
          'z-50 max-w-[calc(100vw-1rem)] origin-(--kb-popover-content-transform-origin) rounded-card border border-line bg-surface text-ink shadow-float outline-none data-closed:animate-pop-out data-expanded:animate-pop-in',
          local.class,
        )}
        {...others}
      />
    </Primitive.Portal>
  )
}
