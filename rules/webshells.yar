/*
    Web shells: code that runs what a request brings. Score: 90 where nothing legitimate is written so,
    85 for the construct alone, 75 or less where protected or administrative code can look alike.
    A character in brackets, as in wor[d], keeps a rule from matching its own text.
*/

rule webshell_php_eval_request
{
    meta:
        description = "PHP that evaluates request input, like the server side of China Chopper"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S0020/"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $eval = /\b(eval|assert)[ \t]*\([ \t]*@?(\(string\))?((base64_decode|stripslashes|gzinflate|str_rot13|trim|urldecode)[ \t]*\([ \t]*){0,3}@?\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,4}[\[{]/ nocase
    condition:
        filesize < 2MB and $eval
}

rule webshell_php_exec_request
{
    meta:
        description = "PHP that passes request input to a shell"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $exec = /\b(system|shell_exec|passthru|exec|popen|proc_open|pcntl_exec)[ \t]*\([ \t]*@?((base64_decode|stripslashes|trim|urldecode)[ \t]*\([ \t]*){0,2}@?\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,4}[\[{]/ nocase
    condition:
        filesize < 2MB and $exec
}

rule webshell_php_callback_request
{
    meta:
        description = "PHP that calls a function whose name comes from the request"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $variable = /\$_(GET|POST|REQUEST|COOKIE)\[[^\]\r\n]{1,24}\][ \t]*\([ \t]*@?\$_(GET|POST|REQUEST|COOKIE)\[/
        $user_func = /call_user_func(_array)?[ \t]*\([ \t]*@?\$_(GET|POST|REQUEST|COOKIE)\[/ nocase
        $map = /array_(map|filter|walk)[ \t]*\([ \t]*@?\$_(GET|POST|REQUEST|COOKIE)\[/ nocase
    condition:
        filesize < 2MB and any of them
}

rule webshell_php_packed_eval
{
    meta:
        description = "PHP that evaluates decompressed or rotated code; some commercial code is protected this way"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1027/"
        date = "2026-11-24"
        score = 65
        license = "EUPL-1.2"
    strings:
        $chain = /\beval[ \t]*\([ \t]*(gzinflate|gzuncompress|gzdecode|str_rot13|strrev)[ \t]*\([ \t]*((gzinflate|str_rot13|strrev)[ \t]*\([ \t]*){0,2}base64_decode[ \t]*\(/ nocase
    condition:
        filesize < 2MB and $chain
}

rule webshell_php_encrypted_body
{
    meta:
        description = "PHP that decrypts the request body and evaluates it, like Behinder"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/rebeyond/Behinder"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $input = /php:\/\/inpu[t]/
        $decrypt = /openssl_decrypt[ \t]?\(/
        $eval = /\beval[ \t]?\([ \t]?\$[a-zA-Z_]/
        $invoke = /__invoke\(\$[a-zA-Z_]{1,12}\)[ \t]?\{[ \t]?eval\(/
        $key = /e45e329feb5d925[b]/
    condition:
        filesize < 16KB and $input and ($key or ($decrypt and any of ($eval, $invoke)))
}

rule webshell_php_godzilla
{
    meta:
        description = "PHP side of Godzilla: the request's body, XORed with a key, becomes session code"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/BeichenDream/Godzilla"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $xor = /\$K\[\$i ?\+ ?1 ?& ?15\]/
        $encode = /function encode\(\$D, ?\$K\)/
        $payload = /\$_SESSION\[\$payloadName\]/
        $info = /getBasicsInf[o]/
    condition:
        filesize < 64KB and 2 of them
}

rule webshell_jsp_exec_request
{
    meta:
        description = "JSP that passes a request parameter to the runtime"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $runtime = /\.getRuntime\(\)\s{0,8}\.exec\([^;\r\n]{0,60}request\.getParameter\(/
        $builder = /new ProcessBuilder\([^;\r\n]{0,80}request\.getParameter\(/
    condition:
        filesize < 512KB and any of them
}

rule webshell_jsp_class_loading
{
    meta:
        description = "JSP that defines a class from the request, like Behinder and Godzilla"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/rebeyond/Behinder"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $loader = /extends ClassLoade[r]/
        $define = /\bdefineClass\([a-zA-Z_]{1,16}, ?0, ?[a-zA-Z_]{1,16}\.length/
        $page = /<%(@ ?page|!)[ ]/
        $body = /request\.(getReader\(\)|getParameter\(|getInputStream\()/
        $cipher = /(Cipher\.getInstance\(|BASE64Decode[r]|Base64\.getDecoder|decodeBuffer)/
    condition:
        filesize < 64KB and all of them
}

rule webshell_asp_eval_request
{
    meta:
        description = "ASP or ASPX that evaluates request input, like the server side of China Chopper"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/software/S0020/"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $classic = /<%[ \t\r\n@]{0,8}(eval|execute|executeglobal)[ \t(]{1,4}request[ \t]{0,2}[\(.]/ nocase
        $jscript = /eval[ \t]?\([ \t]?Request(\.(Item|Form|QueryString))?[ \t]?[\[(][^\r\n;]{1,60}unsafe/ nocase
    condition:
        filesize < 512KB and any of them
}

rule webshell_aspx_class_loading
{
    meta:
        description = "ASPX that decrypts the request and loads it as an assembly, like Behinder and Godzilla"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/BeichenDream/Godzilla"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $page = /<%@ ?(Page|WebHandler|WebService)[ ]/ nocase
        $load = /(Assembly\.Load\(|\.GetMethod\(.Load.)/
        $decrypt = /\.CreateDecryptor\(|RijndaelManage[d]/
        $instance = /\.CreateInstance\(/
        $body = /Request\.(BinaryRead|Item|Params|Form|InputStream|ContentLengt[h])|Request\[/
    condition:
        filesize < 64KB and all of them
}

rule webshell_aspx_command
{
    meta:
        description = "ASPX page that starts a command interpreter with request input"
        author = "IBD-CERT veldkit"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        date = "2026-11-24"
        score = 75
        license = "EUPL-1.2"
    strings:
        $page = /<%@ ?(Page|WebHandler)[ ]/ nocase
        $start = /(new ProcessStartInfo|Process\.Start\()/
        $shell = /(cmd|powershell)\.exe[\x22' ]/ nocase
        $input = /(Request(\.(Form|QueryString|Params|Item))?[\[(]|\.Text;)/
    condition:
        filesize < 128KB and all of them
}

rule webshell_regeorg
{
    meta:
        description = "Server side of reGeorg: a SOCKS tunnel through a web page"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/sensepost/reGeorg"
        date = "2026-11-24"
        score = 90
        license = "EUPL-1.2"
    strings:
        $hello = /Georg says, 'All seems fine[']/
        $command = /[\x22']X-CMD[\x22']/ nocase
        $target = /[\x22']X-TARGET[\x22']/ nocase
        $status = /[\x22']X-STATUS[\x22']/ nocase
    condition:
        filesize < 1MB and ($hello or all of ($command, $target, $status))
}

rule webshell_neoregeorg
{
    meta:
        description = "Server side of Neo-reGeorg: an encoded SOCKS tunnel through a web page"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/L-codes/Neo-reGeorg"
        date = "2026-11-24"
        score = 85
        license = "EUPL-1.2"
    strings:
        $decode = /\bblv_?decode[ ]?\(/ nocase
        $encode = /\bblv_?encode[ ]?\(/ nocase
        $socket = /(fsockopen[ ]?\(|SocketChannel\.ope[n]|System\.Net\.Socket[s]|new Socket\(|net\.createConnectio[n])/
    condition:
        filesize < 256KB and all of them
}

rule webshell_p0wny
{
    meta:
        description = "PHP web shell p0wny"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/flozz/p0wny-shell"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $title = /p0wny@shell:~[#]/
        $feature = /makeRequest\([\x22']\?feature=(shell|upload|hint|pwd)/
        $run = /function featureShell\(\$cmd, ?\$cw[d]/
    condition:
        filesize < 2MB and any of them
}

rule webshell_filesman
{
    meta:
        description = "PHP web shell WSO, or a derivative"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/tennc/webshell"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $default = /\$default_action ?= ?[\x22']FilesMa[n]/
        $action = /function actionFilesMa[n]/
        $version = /define\([\x22']WSO_VERSIO[N]/
        $login = /function wso(Login|Header|Footer|PermsColor|ViewSize)\(/
    condition:
        filesize < 4MB and 2 of them
}

rule webshell_b374k
{
    meta:
        description = "PHP web shell b374k"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/tennc/webshell"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $title = /b374k (shell )?[23]\.[0-9](\.[0-9])?\s+Jayalah Indonesiak[u]/
        $resource = /\$GLOBALS\[[\x22']resources[\x22']\]\[[\x22']b374[k]/
        $call = /@?\$b374k=@?(\$s_func|create_function)\([\x22']\$x, ?\$[y]/
    condition:
        filesize < 4MB and any of them
}

rule webshell_c99
{
    meta:
        description = "PHP web shell c99, or a derivative"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/tennc/webshell"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $back = /c99sh_(backconn|bindport|datapipe)/
        $sql = /c99sh_(sqlquery|getupdate|surl)/
        $name = /\bc99shel[l]\b/
    condition:
        filesize < 4MB and 2 of them
}

rule webshell_aspxspy
{
    meta:
        description = "ASP.NET web shell ASPXSpy"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/tennc/webshell"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $list = /case [\x22']Bin_Listdi[r]/
        $parent = /case [\x22']Bin_Paren[t]/
        $name = /[\x22']ASPXSp[y]/
        $page = /<%@ ?Page/ nocase
    condition:
        filesize < 2MB and $page and 2 of ($list, $parent, $name)
}

rule webshell_asp_xor_execute
{
    meta:
        description = "ASP that decodes a request with a 16-character key and executes it, like the server side of Behinder"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/tennc/webshell"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $xor = /ascb?\(midb\([a-z]{1,12}, ?i, ?1\)\)\)? xor asc\(mid\([a-z]{1,12}, ?\(i and 15\)\+1, ?1/ nocase
        $execute = /\bexecute(global)? ?\(? ?[a-z]{1,12}\b/ nocase
        $request = /Request\.(BinaryRea[d]|TotalByte[s])/ nocase
    condition:
        filesize < 1MB and all of them
}

rule webshell_godzilla_key
{
    meta:
        description = "Server side of Godzilla for Java or .NET: a key of 16 digits next to its password"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/tennc/webshell"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $java = /String xc ?= ?\x22[0-9a-f]{16}\x22; ?String pass ?= ?\x22/
        $net = /string key ?= ?\x22[0-9a-f]{16}\x22; ?string pass ?= ?\x22/
        $md5 = /String md5 ?= ?md5\(pass ?\+ ?xc[)]/
    condition:
        filesize < 1MB and any of them
}

rule webshell_antsword_php
{
    meta:
        description = "PHP that AntSword sends to a web shell, in a log or a dump"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/AntSwordProject/antSword"
        date = "2026-11-25"
        score = 85
        license = "EUPL-1.2"
    strings:
        $begin = /@ini_set\(\x22display_errors\x22, ?\x220\x22\);@set_time_limit\(0\);/
        $encode = /function asenc\(\$ou[t]/
        $output = /function asoutput\(\)\{\$output=ob_get_content[s]/
    condition:
        2 of them
}

rule webshell_aspx_glasstoken
{
    meta:
        description = "ASP.NET web shell GLASSTOKEN: loads an assembly from hexadecimal digits in a request"
        author = "IBD-CERT veldkit"
        reference = "https://github.com/volexity/threat-intel/tree/main/2024/2024-01-10%20Ivanti%20Connect%20Secure"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $load = /Assembly\.Load\([a-z]{1,24}\)\.CreateInstance\(\x22[^\x22]{1,40}\x22\)\.GetHashCode\(\);/
        $decode = /Convert\.FromBase64String\(System\.Text\.Encoding\.Default\.GetString[(]/
    condition:
        filesize < 1MB and all of them
}

rule webshell_perl_rc4
{
    meta:
        description = "Perl that decrypts a request parameter with RC4 and evaluates it, like LIGHTWIRE and COMPLYSHELL"
        author = "IBD-CERT veldkit"
        reference = "https://www.mandiant.com/resources/blog/suspected-apt-targets-ivanti-zero-day"
        date = "2026-11-25"
        score = 90
        license = "EUPL-1.2"
    strings:
        $new = /eval ?\{ ?my ?\$[a-z]{1,8} ?= ?Crypt::RC4->ne[w]/
        $param = /->RC4\(decode_base64\(CGI::para[m]/
    condition:
        filesize < 1MB and any of them
}
