#include "CSimdjson.h"
#include "Document.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

using simdjson::dom::element;
using simdjson::dom::element_type;

namespace {

template <typename Number> tern_json_status store(element value, Number *target) {
    switch (value.type()) {
    case element_type::INT64: {
        const int64_t number = value.get_int64().value_unsafe();
        if constexpr (std::is_floating_point_v<Number>) {
            *target = static_cast<Number>(number);
        } else {
            if constexpr (std::is_unsigned_v<Number>) {
                if (number < 0 || static_cast<uint64_t>(number) > std::numeric_limits<Number>::max()) return TERN_JSON_OUT_OF_RANGE;
            } else {
                if (number < std::numeric_limits<Number>::min() || number > std::numeric_limits<Number>::max()) return TERN_JSON_OUT_OF_RANGE;
            }
            *target = static_cast<Number>(number);
        }
        return TERN_JSON_FINE;
    }
    case element_type::UINT64: {
        const uint64_t number = value.get_uint64().value_unsafe();
        if constexpr (std::is_floating_point_v<Number>) {
            *target = static_cast<Number>(number);
        } else {
            if (number > static_cast<uint64_t>(std::numeric_limits<Number>::max())) return TERN_JSON_OUT_OF_RANGE;
            *target = static_cast<Number>(number);
        }
        return TERN_JSON_FINE;
    }
    case element_type::DOUBLE: {
        const double number = value.get_double().value_unsafe();
        if constexpr (std::is_floating_point_v<Number>) {
            if (std::isfinite(number) && std::fabs(number) > static_cast<double>(std::numeric_limits<Number>::max())) return TERN_JSON_OUT_OF_RANGE;
            *target = static_cast<Number>(number);
        } else {
            // 3.0 is a whole number, 3.5 is not. The bounds are powers of two, so they are exact as doubles.
            if (std::floor(number) != number) return TERN_JSON_WRONG_TYPE;
            const double low = static_cast<double>(std::numeric_limits<Number>::min());
            const double high = std::ldexp(1.0, std::numeric_limits<Number>::digits);
            if (!(number >= low && number < high)) return TERN_JSON_OUT_OF_RANGE;
            *target = static_cast<Number>(number);
        }
        return TERN_JSON_FINE;
    }
    case element_type::NULL_VALUE:
        // The only way that JSON has to say that a number is missing.
        if constexpr (std::is_floating_point_v<Number>) {
            *target = std::numeric_limits<Number>::quiet_NaN();
            return TERN_JSON_FINE;
        }
        return TERN_JSON_WRONG_TYPE;
    default:
        return TERN_JSON_WRONG_TYPE;
    }
}

tern_json_status store(element value, bool *target) {
    if (value.type() == element_type::BOOL) {
        *target = value.get_bool().value_unsafe();
        return TERN_JSON_FINE;
    }
    uint8_t number = 0;
    const tern_json_status status = store<uint8_t>(value, &number);
    if (status == TERN_JSON_FINE && number > 1) return TERN_JSON_OUT_OF_RANGE;
    *target = number == 1;
    return status;
}

tern_json_status store(element value, tern_json_event *target) {
    if (value.type() != element_type::STRING) return TERN_JSON_WRONG_TYPE;
    *target = text_event(TERN_JSON_STRING, value.get_string().value_unsafe());
    return TERN_JSON_FINE;
}

// Nested or flat, row by row. The parser bounds the depth.
template <typename Item> tern_json_status fill(element value, Item *target, size_t count, size_t &position) {
    if (value.type() == element_type::ARRAY) {
        for (auto child : value.get_array().value_unsafe()) {
            const tern_json_status status = fill(child, target, count, position);
            if (status != TERN_JSON_FINE) return status;
        }
        return TERN_JSON_FINE;
    }
    if (position >= count) return TERN_JSON_TOO_MANY;
    const tern_json_status status = store(value, target + position);
    if (status == TERN_JSON_FINE) position += 1;
    return status;
}

template <typename Item> tern_json_filled fill(element value, void *target, size_t count) {
    tern_json_filled filled{};
    filled.status = fill(value, static_cast<Item *>(target), count, filled.count);
    if (filled.status == TERN_JSON_FINE && filled.count < count) filled.status = TERN_JSON_TOO_FEW;
    return filled;
}

template <typename Number> size_t write(const void *values, size_t count, char *target) {
    const Number *numbers = static_cast<const Number *>(values);
    char *out = target;
    for (size_t index = 0; index < count; index += 1) {
        if (index > 0) *out++ = ',';
        if constexpr (std::is_floating_point_v<Number>) {
            const double number = static_cast<double>(numbers[index]);
            if (!std::isfinite(number)) {
                for (char letter : std::string_view("null")) *out++ = letter;
                continue;
            }
            char *start = out;
            out = std::to_chars(out, out + 32, number).ptr;
            bool whole = true;
            for (char *digit = start; digit < out; digit += 1) whole = whole && (*digit == '-' || (*digit >= '0' && *digit <= '9'));
            if (whole) {
                *out++ = '.';
                *out++ = '0';
            }
        } else {
            out = std::to_chars(out, out + 32, numbers[index]).ptr;
        }
    }
    return static_cast<size_t>(out - target);
}

} // namespace

tern_json_filled tern_json_read_numbers(tern_json_document document, size_t index, int32_t type, void *target, size_t count) {
    const Owner *owner = static_cast<const Owner *>(document.owner);
    if (owner == nullptr || index >= owner->deferred.size()) return tern_json_filled{TERN_JSON_WRONG_TYPE, 0};
    const element value = owner->deferred[index];
    switch (type) {
    case 1: return fill<float>(value, target, count);
    case 2: return fill<uint8_t>(value, target, count);
    case 3: return fill<int8_t>(value, target, count);
    case 4: return fill<uint16_t>(value, target, count);
    case 5: return fill<int16_t>(value, target, count);
    case 6: return fill<int32_t>(value, target, count);
    case 7: return fill<int64_t>(value, target, count);
    case 9: return fill<bool>(value, target, count);
    case 11: return fill<double>(value, target, count);
    case 12: return fill<uint32_t>(value, target, count);
    case 13: return fill<uint64_t>(value, target, count);
    default: return tern_json_filled{TERN_JSON_WRONG_TYPE, 0};
    }
}

tern_json_filled tern_json_read_texts(tern_json_document document, size_t index, tern_json_event *target, size_t count) {
    const Owner *owner = static_cast<const Owner *>(document.owner);
    if (owner == nullptr || index >= owner->deferred.size()) return tern_json_filled{TERN_JSON_WRONG_TYPE, 0};
    return fill<tern_json_event>(owner->deferred[index], target, count);
}

size_t tern_json_write_numbers(int32_t type, const void *values, size_t count, char *target) {
    switch (type) {
    case 1: return write<float>(values, count, target);
    case 2: return write<uint8_t>(values, count, target);
    case 3: return write<int8_t>(values, count, target);
    case 4: return write<uint16_t>(values, count, target);
    case 5: return write<int16_t>(values, count, target);
    case 6: return write<int32_t>(values, count, target);
    case 7: return write<int64_t>(values, count, target);
    case 11: return write<double>(values, count, target);
    case 12: return write<uint32_t>(values, count, target);
    case 13: return write<uint64_t>(values, count, target);
    default: return 0;
    }
}
