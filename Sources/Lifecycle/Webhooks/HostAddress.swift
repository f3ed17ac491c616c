import Foundation
import TernKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// An IP address, in 4 or 16 bytes.
struct HostAddress: Hashable, CustomStringConvertible {
    let bytes: [UInt8]
    let description: String

    /// Nil unless `text` is an address in numbers.
    init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            bytes = withUnsafeBytes(of: &six) { Array($0) }
        } else {
            return nil
        }
        description = text
    }

    /// Whether anybody on the internet could have it: not this machine's, not a private network's, not reserved.
    /// Source: IANA's special-purpose address registries (RFC 6890); IPv4 inside IPv6 counts as what it is.
    var isPublic: Bool {
        if bytes.count == 4 { return HostAddress.isPublic(bytes) }
        if starts([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) || starts([0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]) {
            return HostAddress.isPublic(Array(bytes[12...]))
        }
        if starts([0x20, 0x02]) { return HostAddress.isPublic(Array(bytes[2..<6])) }
        // Only 2000::/3 is given out; in it, 2001::/23 and the documentation's 2001:db8::/32 and 3fff::/20 are not.
        guard bytes[0] & 0xE0 == 0x20 else { return false }
        if starts([0x20, 0x01]), bytes[2] < 2 { return false }
        return !starts([0x20, 0x01, 0x0D, 0xB8]) && !(starts([0x3F, 0xFF]) && bytes[2] & 0xF0 == 0)
    }

    private func starts(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }

    private static func isPublic(_ four: [UInt8]) -> Bool {
        switch (four[0], four[1], four[2]) {
        case (0, _, _), (10, _, _), (127, _, _), (224...255, _, _): false
        case (100, 64...127, _), (169, 254, _), (172, 16...31, _), (192, 168, _), (198, 18...19, _): false
        case (192, 0, 0), (192, 0, 2), (198, 51, 100), (203, 0, 113), (192, 88, 99): false
        default: true
        }
    }
}

enum HostLookup {
    /// - Throws: `invalid_argument` when the host has no address.
    static func addresses(of host: String) async throws -> [HostAddress] {
        if let literal = HostAddress(host) { return [literal] }
        // 127.1 or 0x7f.1 would be read differently by different parsers.
        guard host.contains(where: { $0.isLetter }), !host.lowercased().hasPrefix("0x") else {
            throw TernError.invalid("Webhook URL host '\(host)' is not a canonical IP address literal.")
        }
        // getaddrinfo blocks, so it has a thread of its own.
        let found: [HostAddress] = await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .utility).async { continuation.resume(returning: lookUp(host)) }
        }
        guard !found.isEmpty else { throw TernError.invalid("Cannot resolve Webhook URL hostname '\(host)'") }
        return found
    }

    private static func lookUp(_ host: String) -> [HostAddress] {
        var answer: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, nil, &answer) == 0 else { return [] }
        defer { freeaddrinfo(answer) }
        var addresses: [HostAddress] = []
        var entry = answer
        while let current = entry {
            var text = [CChar](repeating: 0, count: 256)
            if getnameinfo(current.pointee.ai_addr, current.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
                let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                if let address = HostAddress(name), !addresses.contains(address) { addresses.append(address) }
            }
            entry = current.pointee.ai_next
        }
        return addresses
    }
}
