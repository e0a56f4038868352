# For people who have a container engine. The project itself builds the same
# images without one: `make images`.
FROM golang:1.26 AS build
ARG VERSION=0.1.0
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY api api
COPY cmd cmd
COPY controllers controllers
COPY internal internal
COPY server server
ENV CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false"
RUN go build -ldflags "-s -w -X voute.dev/voute/internal/version.Version=$VERSION" -o /out/voute-operator ./cmd/operator && \
    go build -ldflags "-s -w -X voute.dev/voute/server/version.Version=$VERSION" -o /out/voute-server ./cmd/server && \
    mkdir -p /out/tmp && chmod 1777 /out/tmp

FROM scratch AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/
COPY --from=build /out/tmp /tmp
USER 65532:65532

FROM base AS operator
COPY --from=build /out/voute-operator /voute-operator
ENTRYPOINT ["/voute-operator"]

FROM base AS server
COPY --from=build /out/voute-server /voute-server
ENTRYPOINT ["/voute-server"]
