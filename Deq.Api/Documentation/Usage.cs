namespace Deq.Api.Documentation;

/// <summary>What the program says to <c>--help</c>.</summary>
internal static class Usage
{
    private const string Text = """
        Deq.Api serves deep equilibrium models over HTTP.

        Usage: Deq.Api [--urls <address>] [--<Section>:<Key>=<value> …]

        Options are settings; docs/operations.md lists all of them. The ones that are needed most:
          --urls http://127.0.0.1:8080      where to listen
          --Models:Directory=models         the folder with one folder per model; found by itself in or above the working directory
          --Engine:Threads=2                threads per model; measured by default
          --Execution:Device=cuda           the GPU, with a build made by -p:Accelerator=cuda

        While it runs: / is a page to try the models, /swagger the API, /healthz/ready whether requests are taken.
        """;

    /// <summary>Whether the command line asks for help.</summary>
    public static bool IsAskedFor(string[] arguments) => arguments.Any(argument => argument is "--help" or "-h" or "-?" or "/?");

    /// <summary>Writes the help, and gives the exit code.</summary>
    public static int Write(TextWriter output)
    {
        output.WriteLine(Text);
        return 0;
    }
}
