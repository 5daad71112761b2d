namespace Deq.Export.CommandLine;

/// <summary>A command of this program as it can be pasted into the shell that this one was started from.</summary>
internal static class Hint
{
    /// <summary>The program and its arguments, quoted where a shell would split them.</summary>
    public static string Of(params IEnumerable<string> arguments) => string.Join(' ', Program().Concat(arguments).Select(Quoted));

    private static string[] Program()
    {
        string path = Environment.ProcessPath ?? "Deq.Export";
        return Path.GetFileNameWithoutExtension(path) == "dotnet"
            ? ["dotnet", Near(Path.Combine(AppContext.BaseDirectory, "Deq.Export.dll"))]
            : [Near(path)];
    }

    /// <summary>A path as seen from the working directory, where that is shorter; a shell looks for a bare name elsewhere.</summary>
    private static string Near(string path)
    {
        string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return relative.Length >= path.Length ? path
            : relative.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? relative
            : Path.Combine(".", relative);
    }

    private static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(letter => char.IsAsciiLetterOrDigit(letter) || "-_./\\:=,+@%".Contains(letter, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
