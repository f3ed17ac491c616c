/// Bytes at an address that stays, so that ONNX Runtime can read a tensor where it lies and its answers are read where it put them.
package final class TensorBuffer: @unchecked Sendable {  // The bytes are written before `init` returns and never after.
    private let memory: UnsafeRawBufferPointer
    private let release: @Sendable () -> Void

    /// Memory of its own, filled once.
    package init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        // Never empty, so that there always is an address; aligned for any element type and for vector instructions.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Swift.max(count, 1), alignment: 64)
        let filled = UnsafeMutableRawBufferPointer(rebasing: memory[0..<Swift.max(count, 0)])
        do {
            try fill(filled)
        } catch {
            memory.deallocate()
            throw error
        }
        self.memory = UnsafeRawBufferPointer(start: memory.baseAddress, count: filled.count)
        let address = UInt(bitPattern: memory.baseAddress)
        release = { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
    }

    /// Memory that belongs to somebody else until `release` is called.
    init(borrowing memory: UnsafeRawBufferPointer, release: @escaping @Sendable () -> Void) {
        self.memory = memory
        self.release = release
    }

    deinit { release() }

    package convenience init(_ bytes: some Collection<UInt8>) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    package convenience init<Element: TensorElement>(values: [Element]) {
        self.init(count: values.count * MemoryLayout<Element>.stride) { target in values.withUnsafeBytes { target.copyMemory(from: $0) } }
    }

    package var count: Int { memory.count }

    package func withUnsafeBytes<Answer>(_ body: (UnsafeRawBufferPointer) throws -> Answer) rethrows -> Answer {
        try withExtendedLifetime(self) { try body(memory) }
    }
}

extension TensorBuffer: Hashable {
    package static func == (left: TensorBuffer, right: TensorBuffer) -> Bool {
        left === right || left.withUnsafeBytes { left in right.withUnsafeBytes { left.elementsEqual($0) } }
    }

    package func hash(into hasher: inout Hasher) { withUnsafeBytes { hasher.combine(bytes: $0) } }
}
