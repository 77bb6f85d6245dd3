# docker build -t turnpike .
# docker run --network host --read-only --cap-drop ALL --cap-add NET_BIND_SERVICE \
#   --security-opt no-new-privileges -v /etc/turnpike:/etc/turnpike:ro turnpike
#
# The relay needs the host's network: it has thousands of ports, and tells clients the
# host's address. The user is root, who owns the secrets, and of root's powers only
# that to listen on port 443 is left.
FROM golang:1.26 AS build
ARG VERSION=""
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.release=$VERSION" -o /turnpike ./cmd/turnpike

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /turnpike /usr/bin/turnpike
EXPOSE 3478/udp 3478/tcp 3479/udp 443/tcp
ENTRYPOINT ["/usr/bin/turnpike"]
CMD ["serve", "-config", "/etc/turnpike/turnpike.yml"]
