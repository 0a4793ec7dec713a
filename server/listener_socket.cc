// SPDX-License-Identifier: Apache-2.0
#include "server/listener_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cstring>
#include <memory>

namespace milena {

namespace {

/// How often the system is asked for a port, if the one that it picks won't do.
constexpr int kPicksMax = 20;

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

void set_option(int descriptor, int level, int name, int value) {
    setsockopt(descriptor, level, name, &value, sizeof value);
}

/// -1, with errno, if that fails.
int bind_and_listen(const addrinfo& address, bool both_families, int backlog) {
    int descriptor = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    if (address.ai_family == AF_INET6)
        set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, both_families ? 0 : 1);
    if (bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 &&
        listen(descriptor, backlog) == 0)
        return descriptor;
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

std::string text_of(const sockaddr* address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text,
                  sizeof text);
    } else if (address->sa_family == AF_INET6) {
        const in6_addr& bytes = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&bytes))
            inet_ntop(AF_INET, bytes.s6_addr + 12, text, sizeof text);
        else
            inet_ntop(AF_INET6, &bytes, text, sizeof text);
    }
    return text;
}

uint16_t port_of(const sockaddr* address) {
    if (address->sa_family == AF_INET)
        return ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port);
    if (address->sa_family == AF_INET6)
        return ntohs(reinterpret_cast<const sockaddr_in6*>(address)->sin6_port);
    return 0;
}

Error listen_error(const std::string& host, uint16_t port, const std::string& why) {
    return Error(ErrorCode::INVALID_CONFIG,
                 "can't listen on " + host + ":" + std::to_string(port) + ": " + why);
}

Result<AddressList> resolve(const std::string& host, uint16_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error != 0) return listen_error(host, port, gai_strerror(error));
    return AddressList(found, &freeaddrinfo);
}

/// One socket for both families; where the system lacks IPv6, one for IPv4.
Result<std::vector<int>> listen_everywhere(uint16_t port, int backlog) {
    for (const char* any : {"::", "0.0.0.0"}) {
        auto addresses = resolve(any, port);
        if (!addresses) return addresses.error();
        int descriptor = bind_and_listen(**addresses, true, backlog);
        if (descriptor >= 0) return std::vector<int>{descriptor};
        if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) break;
    }
    return listen_error("0.0.0.0", port, std::strerror(errno));
}

void set_port(sockaddr* address, uint16_t port) {
    if (address->sa_family == AF_INET)
        reinterpret_cast<sockaddr_in*>(address)->sin_port = htons(port);
    else
        reinterpret_cast<sockaddr_in6*>(address)->sin6_port = htons(port);
}

/// Adds a socket for each of `addresses` that this machine has to `descriptors`.
Result<void> listen_on_each(const addrinfo* addresses, int backlog, std::vector<int>& descriptors) {
    for (const addrinfo* one = addresses; one; one = one->ai_next) {
        if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
        if (!descriptors.empty()) set_port(one->ai_addr, local_port(descriptors.front()));
        int descriptor = bind_and_listen(*one, false, backlog);
        if (descriptor >= 0) {
            descriptors.push_back(descriptor);
            continue;
        }
        // A name may have addresses of a family that this machine lacks.
        if (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL) continue;
        return listen_error(text_of(one->ai_addr), port_of(one->ai_addr), std::strerror(errno));
    }
    return {};
}

/// Not all systems know both addresses of localhost, and clients may use either.
std::vector<std::string> names_of(const std::string& host) {
    if (host == "localhost") return {"127.0.0.1", "::1"};
    return {host};
}

/// On all addresses of `host`.
Result<std::vector<int>> listen_on_names(const std::string& host, uint16_t port, int backlog) {
    std::vector<int> descriptors;
    for (const std::string& name : names_of(host)) {
        auto addresses = resolve(name, port);
        auto bound = addresses ? listen_on_each(addresses->get(), backlog, descriptors)
                               : Result<void>(addresses.error());
        if (bound) continue;
        for (int open : descriptors) close(open);
        return bound.error();
    }
    if (descriptors.empty()) return listen_error(host, port, "no address of it is on this machine");
    return descriptors;
}

}  // namespace

Result<std::vector<int>> listen_on(const std::string& host, uint16_t port, int backlog) {
    if (host.empty() || host == "0.0.0.0" || host == "::") return listen_everywhere(port, backlog);
    auto descriptors = listen_on_names(host, port, backlog);
    // The system picks a port that is free on the first address; another may have it in use.
    for (int more = kPicksMax; port == 0 && !descriptors && more > 0; --more)
        descriptors = listen_on_names(host, port, backlog);
    return descriptors;
}

uint16_t local_port(int descriptor) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
    return port_of(reinterpret_cast<sockaddr*>(&address));
}

ConnectionContext describe_connection(int descriptor, std::string listener) {
    ConnectionContext context;
    context.listener = std::move(listener);
    sockaddr_storage address{};
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (getsockname(descriptor, generic, &size) == 0) {
        context.local_host = text_of(generic);
        context.local_port = port_of(generic);
    }
    size = sizeof address;
    if (getpeername(descriptor, generic, &size) == 0) context.remote_host = text_of(generic);
    return context;
}

void prepare_connection(int descriptor, int send_buffer_bytes, int receive_buffer_bytes) {
    set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (send_buffer_bytes > 0) set_option(descriptor, SOL_SOCKET, SO_SNDBUF, send_buffer_bytes);
    if (receive_buffer_bytes > 0)
        set_option(descriptor, SOL_SOCKET, SO_RCVBUF, receive_buffer_bytes);
}

}  // namespace milena
