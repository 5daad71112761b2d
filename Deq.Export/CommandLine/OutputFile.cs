namespace Deq.Export.CommandLine;

/// <summary>A file that a command writes when it was asked for.</summary>
internal static class OutputFile
{
    /// <summary>Writes a text, with the folders that lead to it.</summary>
    /// <param name="file">Where; null writes nothing.</param>
    /// <param name="text">What.</param>
    public static void Write(FileInfo? file, string text)
    {
        if (file is not null)
        {
            file.Directory?.Create();
            File.WriteAllText(file.FullName, text);
        }
    }
}
