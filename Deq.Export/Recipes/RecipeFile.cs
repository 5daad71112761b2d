using System.Text;
using System.Text.Json;
using Deq.Runtime.Models;

namespace Deq.Export.Recipes;

/// <summary>A recipe's file: opened, read, and held to its rules, with every fault in one message.</summary>
internal static class RecipeFile
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads a recipe of any kind.</summary>
    /// <param name="path">A JSON file; comments and trailing commas are allowed.</param>
    /// <param name="read">Turns the file's object into a recipe and notes faults by place.</param>
    /// <param name="contradictions">Notes what the values allow alone and not together.</param>
    /// <exception cref="RecipeException">No such file, no JSON, or values that are missing, unknown, out of range or contradictory.</exception>
    public static T Read<T>(string path, Func<RecipeSection, T> read, Action<T, RecipeFaults> contradictions)
    {
        if (!File.Exists(path))
        {
            throw new RecipeException(path, ["There is no such file."]);
        }

        RecipeFaults faults = new();
        T recipe;
        try
        {
            using JsonDocument document = Parse(path);
            recipe = read(new RecipeSection(document.RootElement, "", faults));
        }
        catch (JsonException fault)
        {
            throw new RecipeException(path, [$"It is not JSON: {JsonFault.TextOf(fault)}."]);
        }
        catch (InvalidOperationException fault)
        {
            // System.Text.Json says so of a text that is no Unicode, and only when the text is asked for.
            throw new RecipeException(path, [$"It holds a text that is not Unicode: {fault.Message}"]);
        }

        contradictions(recipe, faults);
        return faults.Lines.Count == 0 ? recipe : throw new RecipeException(path, faults.Lines);
    }

    /// <summary>The JSON of a recipe before it is read; undefined where there is no such file or no JSON.</summary>
    public static JsonElement Look(string path)
    {
        try
        {
            using JsonDocument document = Parse(path);
            return document.RootElement.Clone();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return default;
        }
    }

    /// <summary>Editors of some systems begin a file with a byte order mark, which is no JSON.</summary>
    private static JsonDocument Parse(string path)
    {
        ReadOnlyMemory<byte> text = File.ReadAllBytes(path);
        return JsonDocument.Parse(text.Span.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text, Lenient);
    }
}
