import { createFileRoute } from '@tanstack/solid-router'
import { ProfilePage } from '~/account/profile-page'

export const Route = createFileRoute('/_app/account/profile')({ component: ProfilePage })
