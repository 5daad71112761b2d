using System.Text.Json;

namespace Deq.Runtime.Models;

/// <summary>What is wrong with a JSON file, in the file's terms: the serializer's own messages name types of this program.</summary>
public static class JsonFault
{
    /// <summary>What is wrong and where, such as <c>defaults.tolerence is not known here, at line 9, byte 17</c>.</summary>
    /// <param name="fault">As the serializer threw it; a message of our own is kept.</param>
    /// <param name="section">The member of the file that was read by itself, in which case the fault's line is none of the file's. Default null: the whole file was read.</param>
    public static string TextOf(JsonException fault, string? section = null)
    {
        ArgumentNullException.ThrowIfNull(fault);
        string message = fault.Message.ReplaceLineEndings(" ");
        message = Before(Before(message, " Path: "), " LineNumber: ").TrimEnd(' ', '.');
        string path = string.Join('.', new[] { section, fault.Path?.TrimStart('$').TrimStart('.') }.Where(part => !string.IsNullOrEmpty(part)));
        string place = section is null && fault.LineNumber is { } line ? $", at line {line + 1}, byte {fault.BytePositionInLine + 1}" : "";
        return (After(message, "The JSON property '"), After(message, "missing required properties including: "), After(message, "Duplicate property '")) switch
        {
            ({ } unknown, _, _) => $"{Member(path, unknown)} is not known here",
            (_, { } missing, _) => $"{(path.Length > 0 ? path : "the file")} lacks {missing}",
            (_, _, { } twice) => $"{Member(path, twice)} stands twice",
            _ when message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal) => $"{(path.Length > 0 ? path : "the whole")} has a value of another kind",
            _ => section is null ? message : $"{section}: {message}",
        } + place;
    }

    /// <summary>Why a JSON file could not be read, as a clause: what is wrong with it as JSON, or what another exception says.</summary>
    public static string TextOf(Exception fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return fault is JsonException json ? TextOf(json) : fault.Message.TrimEnd('.');
    }

    private static string Member(string path, string quoted)
    {
        string name = Before(quoted, "'");
        return path.Length == 0 ? name : path == name || path.EndsWith($".{name}", StringComparison.Ordinal) ? path : $"{path}.{name}";
    }

    private static string Before(string text, string mark) => text.IndexOf(mark, StringComparison.Ordinal) is >= 0 and int at ? text[..at] : text;

    private static string? After(string text, string mark) => text.IndexOf(mark, StringComparison.Ordinal) is >= 0 and int at ? text[(at + mark.Length)..] : null;
}
