using ScottPlot;

namespace Deq.Export.Plots;

/// <summary>The font of the plots: a file of the system's, because the drawing library that needs nothing installed knows no system fonts.</summary>
internal static class PlotFont
{
    private const string Name = "plot";

    private static readonly string[] Preferred =
        ["DejaVuSans.ttf", "LiberationSans-Regular.ttf", "NotoSans-Regular.ttf", "arial.ttf", "Arial.ttf", "segoeui.ttf"];

    private static readonly Lazy<bool> Registered = new(Register);

    /// <summary>Whether the system has a font to write with; where it has none, plots come without text.</summary>
    public static bool IsAvailable => Registered.Value;

    private static bool Register()
    {
        if (Find() is not { } path)
        {
            return false;
        }

        Fonts.AddFontFile(Name, path, bold: false, italic: false);
        Fonts.AddFontFile(Name, path, bold: true, italic: false);
        Fonts.Default = Name;
        return true;
    }

    private static string? Find()
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
        string[] fonts = [.. Folders().Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*.ttf", options))];
        return Preferred.Select(name => Array.Find(fonts, font => Path.GetFileName(font) == name)).FirstOrDefault(font => font is not null)
            ?? fonts.Order(StringComparer.Ordinal).FirstOrDefault();
    }

    private static IEnumerable<string> Folders() =>
    [
        Environment.GetFolderPath(Environment.SpecialFolder.Fonts),
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".fonts"),
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share", "fonts"),
        "/System/Library/Fonts/Supplemental",
        "/Library/Fonts",
    ];
}
