# syntax=docker/dockerfile:1

# Installing generates the clients and builds `dist`. The compiler is only for platforms for which better-sqlite3 has
# no prebuilt driver.
FROM node:22-bookworm-slim AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ make python3 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
RUN npm ci && npm prune --omit=dev --omit=optional --omit=peer --ignore-scripts

FROM node:22-bookworm-slim
# The image's user `node` has the id 1000. It must own the folders before volumes are mounted there.
RUN install -d -o node -g node /data /blobs
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/prisma/migrations ./prisma/migrations
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 8000
# A gateway that waits for its database is alive, so the orchestrator must not restart it: ask for `live`, not `ready`.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Signals reach the gateway itself: no shell and no npm in between.
ENTRYPOINT ["node", "dist/main.js"]
