/// The element types of tensors; the raw values are ONNX's.
package enum TensorType: Int32, Hashable, Sendable, CaseIterable {
    case float32 = 1
    case uint8 = 2
    case int8 = 3
    case uint16 = 4
    case int16 = 5
    case int32 = 6
    case int64 = 7
    case string = 8
    case bool = 9
    /// Kept as raw bytes; `Tensor.numbers` widens them.
    case float16 = 10
    case float64 = 11
    case uint32 = 12
    case uint64 = 13
    /// Kept as raw bytes; `Tensor.numbers` widens them.
    case bfloat16 = 16

    /// The Open Inference Protocol's word: `FP32`, `INT64`, `BYTES`.
    package var datatype: String {
        switch self {
        case .float32: "FP32"
        case .uint8: "UINT8"
        case .int8: "INT8"
        case .uint16: "UINT16"
        case .int16: "INT16"
        case .int32: "INT32"
        case .int64: "INT64"
        case .string: "BYTES"
        case .bool: "BOOL"
        case .float16: "FP16"
        case .float64: "FP64"
        case .uint32: "UINT32"
        case .uint64: "UINT64"
        case .bfloat16: "BF16"
        }
    }

    package init?(datatype: String) {
        guard let type = TensorType.allCases.first(where: { $0.datatype == datatype }) else { return nil }
        self = type
    }

    /// Bytes of one element; 0 for strings, which have no fixed size.
    package var size: Int {
        switch self {
        case .string: 0
        case .bool, .int8, .uint8: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }

    package var isFloat: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }
}

/// A Swift type that is one element of a tensor, bit for bit.
package protocol TensorElement: BitwiseCopyable, Sendable {
    static var tensorType: TensorType { get }
}

extension Float: TensorElement { package static let tensorType = TensorType.float32 }
extension Double: TensorElement { package static let tensorType = TensorType.float64 }
extension Int8: TensorElement { package static let tensorType = TensorType.int8 }
extension Int16: TensorElement { package static let tensorType = TensorType.int16 }
extension Int32: TensorElement { package static let tensorType = TensorType.int32 }
extension Int64: TensorElement { package static let tensorType = TensorType.int64 }
extension UInt8: TensorElement { package static let tensorType = TensorType.uint8 }
extension UInt16: TensorElement { package static let tensorType = TensorType.uint16 }
extension UInt32: TensorElement { package static let tensorType = TensorType.uint32 }
extension UInt64: TensorElement { package static let tensorType = TensorType.uint64 }
extension Bool: TensorElement { package static let tensorType = TensorType.bool }
